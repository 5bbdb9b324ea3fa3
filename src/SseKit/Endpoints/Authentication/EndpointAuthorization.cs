using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SseKit.Endpoints.Authentication;

/// <summary>Evaluates the authorization of an endpoint as the framework's middleware does.</summary>
internal static class EndpointAuthorization
{
    /// <summary>
    /// Returns whether an endpoint requires authorization, by its metadata, by a filter of MVC, or by the app's fallback policy.
    /// </summary>
    public static bool IsRequired(HttpContext context)
    {
        EndpointMetadataCollection metadata = context.GetEndpoint()?.Metadata ?? EndpointMetadataCollection.Empty;
        return metadata.GetMetadata<IAllowAnonymous>() is null
            && (metadata.GetMetadata<IAuthorizeData>() is not null
                || metadata.GetMetadata<AuthorizationPolicy>() is not null
                || metadata.GetMetadata<IAuthorizationRequirementData>() is not null
                || FiltersOf(metadata).Any()
                || context.RequestServices.GetService<IOptions<AuthorizationOptions>>()?.Value.FallbackPolicy is not null);
    }

    /// <summary>Evaluates the authorization of a request again, for the user of that request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="services">A scope for the evaluation.</param>
    public static async Task<bool> SucceedsAsync(RequestSnapshot request, IServiceProvider services)
    {
        HttpContext context = request.CreateContext(services);
        if (services.GetService<IHttpContextAccessor>() is { } accessor)
        {
            accessor.HttpContext = context;
        }

        if (await PolicyOfAsync(request.Endpoint.Metadata, services) is not { } policy)
        {
            return true;
        }

        object resource = IsEndpointTheResource() ? request.Endpoint : context;
        var authorization = services.GetRequiredService<IAuthorizationService>();
        return (await authorization.AuthorizeAsync(request.User, resource, policy)).Succeeded;
    }

    private static async Task<AuthorizationPolicy?> PolicyOfAsync(EndpointMetadataCollection metadata, IServiceProvider services)
    {
        AuthorizeFilter[] filters = [.. FiltersOf(metadata)];
        AuthorizationPolicy? policy = await AuthorizationPolicy.CombineAsync(
            services.GetRequiredService<IAuthorizationPolicyProvider>(),
            [.. metadata.GetOrderedMetadata<IAuthorizeData>(), .. filters.SelectMany(filter => filter.AuthorizeData ?? [])],
            [.. metadata.GetOrderedMetadata<AuthorizationPolicy>(), .. filters.Select(filter => filter.Policy).OfType<AuthorizationPolicy>()]);
        IAuthorizationRequirement[] requirements =
            [.. metadata.GetOrderedMetadata<IAuthorizationRequirementData>().SelectMany(data => data.GetRequirements())];
        if (requirements.Length == 0)
        {
            return policy;
        }

        AuthorizationPolicy own = new AuthorizationPolicyBuilder().AddRequirements(requirements).Build();
        return policy is null ? own : AuthorizationPolicy.Combine(policy, own);
    }

    // A filter that MVC creates for each request is not known here.
    private static IEnumerable<AuthorizeFilter> FiltersOf(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<ActionDescriptor>()?.FilterDescriptors.Select(each => each.Filter).OfType<AuthorizeFilter>() ?? [];

    private static bool IsEndpointTheResource() => AppContext.TryGetSwitch(
        "Microsoft.AspNetCore.Authorization.SuppressUseHttpContextAsAuthorizationResource", out bool isOn) && isOn;
}
