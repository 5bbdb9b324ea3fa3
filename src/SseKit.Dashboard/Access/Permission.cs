using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Dashboard.Access;

/// <summary>Grants viewers one ability by an authorization policy.</summary>
/// <remarks>
/// It is evaluated here, and not by the framework's middleware: <c>AllowAnonymous</c> on the dashboard would switch off a policy in the
/// endpoint's metadata.
/// </remarks>
/// <param name="policyName">The policy; null for none.</param>
/// <param name="isGrantedWithoutPolicy">Whether all viewers have the ability if there is no policy.</param>
internal sealed class Permission(string? policyName, bool isGrantedWithoutPolicy)
{
    /// <summary>Refuses the name of a policy that does not exist, if the app's policies are known already.</summary>
    public static void ThrowIfUnknown(IServiceProvider services, string? policyName)
    {
        if (policyName is null)
        {
            return;
        }

        // A provider that reads policies from elsewhere may have none yet; then the first use reports it.
        Task<AuthorizationPolicy?>? reading = services.GetService<IAuthorizationPolicyProvider>()?.GetPolicyAsync(policyName);
        if (reading is null or { IsCompletedSuccessfully: true, Result: null })
        {
            throw Unknown(policyName);
        }
    }

    /// <summary>Gets whether a viewer may have the ability. A policy that decides by the request is evaluated at the use alone.</summary>
    public bool IsOffered => policyName is not null || isGrantedWithoutPolicy;

    public async Task<bool> IsGrantedAsync(HttpContext context) => await AuthorizeAsync(context) is not null;

    /// <summary>Returns the user who has the ability, which may be of another scheme than the page's; null if it is not granted.</summary>
    public async Task<ClaimsPrincipal?> AuthorizeAsync(HttpContext context)
    {
        if (policyName is null)
        {
            return isGrantedWithoutPolicy ? context.User : null;
        }

        var policies = context.RequestServices.GetRequiredService<IAuthorizationPolicyProvider>();
        AuthorizationPolicy policy = await policies.GetPolicyAsync(policyName) ?? throw Unknown(policyName);
        var evaluator = context.RequestServices.GetRequiredService<IPolicyEvaluator>();

        // A policy with schemes of its own replaces the user. The stream of the page stays one of the page's user.
        ClaimsPrincipal user = context.User;
        try
        {
            AuthenticateResult authenticated = await evaluator.AuthenticateAsync(policy, context);
            return (await evaluator.AuthorizeAsync(policy, authenticated, context, context)).Succeeded ? context.User : null;
        }
        finally
        {
            context.User = user;
        }
    }

    private static InvalidOperationException Unknown(string policyName) => new(
        $"The dashboard's policy '{policyName}' does not exist. Add it by builder.Services.AddAuthorizationBuilder().AddPolicy(…).");
}
