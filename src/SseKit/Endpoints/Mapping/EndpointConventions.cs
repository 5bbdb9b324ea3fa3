using Microsoft.AspNetCore.Builder;

namespace SseKit.Endpoints.Mapping;

/// <summary>Passes conventions on to an endpoint, and runs an action on the endpoint after each of them.</summary>
internal sealed class EndpointConventions(IEndpointConventionBuilder endpoint, Action<EndpointBuilder> afterEach)
    : IEndpointConventionBuilder
{
    public void Add(Action<EndpointBuilder> convention) => endpoint.Add(builder =>
    {
        convention(builder);
        afterEach(builder);
    });

    public void Finally(Action<EndpointBuilder> finallyConvention) => endpoint.Finally(builder =>
    {
        finallyConvention(builder);
        afterEach(builder);
    });
}
