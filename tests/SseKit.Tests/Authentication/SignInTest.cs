using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>A test with an app that signs in by the framework's cookie handler, on a clock that stands still.</summary>
public abstract class SignInTest : ServerTest
{
    private protected static readonly TimeSpan SignInLifetime = TimeSpan.FromHours(1);

    // In memory, and the same for all servers of a test.
    private readonly EphemeralDataProtectionProvider _keys = new();

    private protected ManualTimeProvider Time { get; } = new();

    private protected KestrelApp App { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    private protected MeterReadings Readings { get; private set; } = null!;

    private protected ISseConnections Connections => App.Services.GetRequiredService<ISseConnections>();

    /// <summary>The streams that have not ended. One that has is still listed until its response is complete.</summary>
    private protected int Unended => App.Services.GetRequiredService<StreamRuntime>().Registry.GetAdmitted()
        .Count(connection => connection is { IsOpen: true, Reason: EndReason.None });

    public override async Task DisposeAsync()
    {
        Readings?.Dispose();
        await base.DisposeAsync();
    }

    private protected async Task StartAppAsync(
        Action<WebApplication> endpoints, Action<SseOptions>? options = null, Action<IServiceCollection>? services = null)
    {
        App = await StartAsync(
            app =>
            {
                app.MapPost("/login", (HttpContext context, string? user) => context.SignInAsync(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user ?? "alice")], "password"))))
                    .AllowAnonymous();
                endpoints(app);
            },
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(Time);
                builder.Services.AddSingleton<IDataProtectionProvider>(_keys);
                builder.Services.AddSse(sse =>
                {
                    sse.HeartbeatInterval = Timeout.InfiniteTimeSpan;
                    options?.Invoke(sse);
                });
                builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme)
                    .AddCookie(cookies => cookies.ExpireTimeSpan = SignInLifetime);
                builder.Services.AddAuthorization();
                services?.Invoke(builder.Services);
            });
        Client = App.CreateClient();
        Readings = new MeterReadings(App.Services, "SseKit");
    }

    /// <summary>Signs in, and returns the cookie for other requests.</summary>
    private protected async Task<string> SignInAsync(string user = "alice")
    {
        using HttpResponseMessage response = await Client.PostAsync($"/login?user={user}", content: null);
        response.EnsureSuccessStatusCode();
        return string.Join("; ", response.Headers.GetValues("Set-Cookie").Select(CookieOf));
    }

    private protected static string CookieOf(string setCookie) => setCookie[..setCookie.IndexOf(';', StringComparison.Ordinal)];

    /// <summary>Opens a stream and waits until it is listed.</summary>
    private protected async Task<StreamingResponse> OpenAsync(string path, string? cookie, HttpMethod? method = null)
    {
        int before = Connections.GetConnections().Count;
        StreamingResponse response = await Client.OpenAsync(
            method ?? HttpMethod.Get, path, cookie is null ? [] : [("Cookie", cookie)]);
        await TestTimeout.UntilAsync(() => Connections.GetConnections().Count == before + 1);
        return response;
    }

    /// <summary>Waits for the end of a stream, and returns its reason as the metrics have it.</summary>
    private protected async Task<object?> EndReasonAsync() =>
        (await Readings.WaitForAsync("ssekit.connection.duration", _ => true)).Tags["ssekit.end_reason"];

    private protected static Task WaitAsync(SseEventWriter events, CancellationToken cancellationToken) =>
        Task.Delay(Timeout.Infinite, cancellationToken);
}
