using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SseKit.Dashboard.Access;

/// <summary>Decides who may see a dashboard, and what its viewers may do.</summary>
internal sealed class DashboardAccess
{
    private readonly bool _isDevelopment;

    public DashboardAccess(IServiceProvider services, SseDashboardOptions options)
    {
        // The environment that the app reads as app.Environment; the host has another object. Without one, the app is not in Development.
        IHostEnvironment? environment = services.GetService<IWebHostEnvironment>() ?? services.GetService<IHostEnvironment>();
        _isDevelopment = environment?.IsDevelopment() == true;
        Disconnect = Create(services, options.DisconnectPolicy);
        Tail = Create(services, options.TailPolicy);
    }

    public Permission Disconnect { get; }

    public Permission Tail { get; }

    /// <summary>Refuses an endpoint that every client could call, unless the app has chosen that. Called after all conventions.</summary>
    public void ThrowIfUnprotected(EndpointBuilder endpoint)
    {
        if (!_isDevelopment && !endpoint.Metadata.Any(IsDecision) && !HasFallback(endpoint.ApplicationServices))
        {
            throw new InvalidOperationException(
                $"The dashboard's endpoint '{endpoint.DisplayName}' requires no authorization, which is allowed in Development only. Call "
                + "MapSseDashboard(…).RequireAuthorization(\"policy\"), or AllowAnonymous() to let every client see it.");
        }
    }

    private static bool IsDecision(object metadata) =>
        metadata is IAuthorizeData or AuthorizationPolicy or IAuthorizationRequirementData or IAllowAnonymous;

    // The provider decides it for the framework's middleware, and may be the app's own.
    private static bool HasFallback(IServiceProvider services)
    {
        Task<AuthorizationPolicy?>? reading = services.GetService<IAuthorizationPolicyProvider>()?.GetFallbackPolicyAsync();
        return reading is { IsCompletedSuccessfully: true, Result: not null };
    }

    private Permission Create(IServiceProvider services, string? policy)
    {
        Permission.ThrowIfUnknown(services, policy);
        return new Permission(policy, isGrantedWithoutPolicy: _isDevelopment);
    }
}
