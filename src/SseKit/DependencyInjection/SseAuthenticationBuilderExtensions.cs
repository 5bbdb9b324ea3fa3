using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SseKit;
using SseKit.Endpoints.Authentication;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds authentication by tickets.</summary>
public static class SseAuthenticationBuilderExtensions
{
    private const string Scheme = SseTicketDefaults.AuthenticationScheme;

    /// <summary>
    /// Adds the scheme <see cref="SseTicketDefaults.AuthenticationScheme"/>, by which <c>WithSseTicket</c> authenticates a stream with a
    /// ticket of <c>MapSseTicket</c>. Tickets are encrypted by data protection. Several servers share its keys, and a store that records
    /// which tickets were used.
    /// </summary>
    /// <param name="builder">The builder that AddAuthentication returned.</param>
    /// <param name="configure">Sets options.</param>
    /// <example>
    /// <code>
    /// builder.Services.AddAuthentication().AddJwtBearer().AddSseTicket(tickets => tickets.Lifetime = TimeSpan.FromSeconds(10));
    /// </code>
    /// </example>
    public static AuthenticationBuilder AddSseTicket(this AuthenticationBuilder builder, Action<SseTicketOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        IServiceCollection services = builder.Services;
        services.AddSse();
        services.AddDataProtection();
        services.TryAddSingleton(static provider => new Tickets(
            provider.GetRequiredService<IDataProtectionProvider>(),
            provider.GetRequiredService<IOptionsMonitor<SseTicketOptions>>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.TryAddSingleton(static provider => new TicketUses(
            provider.GetRequiredService<ISseEventStore>(), provider.GetService<TimeProvider>() ?? TimeProvider.System));
        services.AddOptions<SseTicketOptions>(Scheme)
            .Configure<IOptions<AuthenticationOptions>>(static (tickets, authentication) =>
                tickets.ForwardDefaultSelector = context => SchemeWithoutTicket(context, authentication.Value))
            .ValidateOnStart();
        services.PostConfigure<AuthenticationOptions>(KeepDefault);
        return builder.AddScheme<SseTicketOptions, TicketHandler>(Scheme, configure);
    }

    // Null, which stays with the scheme of tickets, if the request has one.
    private static string? SchemeWithoutTicket(HttpContext context, AuthenticationOptions authentication) =>
        TicketHandler.ValuesOf(context.Request).Count > 0
            ? null
            : authentication.DefaultAuthenticateScheme ?? authentication.DefaultScheme;

    // An app's only scheme is its default without a word about it, and a second scheme would end that.
    private static void KeepDefault(AuthenticationOptions options)
    {
        AuthenticationSchemeBuilder[] others = [.. options.Schemes.Where(scheme => scheme.Name != Scheme)];
        bool isSuppressed = AppContext.TryGetSwitch("Microsoft.AspNetCore.Authentication.SuppressAutoDefaultScheme", out bool on) && on;
        if (options.DefaultScheme is null && others is [var only] && !isSuppressed)
        {
            options.DefaultScheme = only.Name;
        }
    }
}
