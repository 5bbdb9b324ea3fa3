using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SseKit.Endpoints.Mapping;

/// <summary>Maps a stream for its methods, and HEAD with only the headers if GET is one of them.</summary>
internal static class EndpointMapping
{
    /// <param name="methods">The HTTP methods.</param>
    /// <param name="map">Maps an endpoint for some methods.</param>
    /// <param name="apply">Makes it a stream.</param>
    public static RouteHandlerBuilder Map(
        IEnumerable<string> methods, Func<string[], IEndpointConventionBuilder> map, Action<EndpointBuilder> apply)
    {
        ArgumentNullException.ThrowIfNull(methods);
        string[] own = [.. methods.Select(HttpMethods.GetCanonicalizedValue)];
        List<IEndpointConventionBuilder> endpoints = [Conventions(own, StreamEndpoint.KeepHandlerFilterLast)];
        if (own.Contains(HttpMethods.Get) && !own.Contains(HttpMethods.Head))
        {
            endpoints.Add(Conventions([HttpMethods.Head], KeepHeadUnnamed));
        }

        return new RouteHandlerBuilder(endpoints);

        EndpointConventions Conventions(string[] some, Action<EndpointBuilder> afterEach)
        {
            var conventions = new EndpointConventions(map(some), afterEach);
            conventions.Add(apply);
            return conventions;
        }
    }

    // The endpoint of HEAD shares the conventions of GET, but a name belongs to one endpoint only, and API descriptions list GET.
    private static void KeepHeadUnnamed(EndpointBuilder builder)
    {
        StreamEndpoint.KeepHandlerFilterLast(builder);
        for (int i = builder.Metadata.Count - 1; i >= 0; i--)
        {
            if (builder.Metadata[i] is IEndpointNameMetadata or IRouteNameMetadata)
            {
                builder.Metadata.RemoveAt(i);
            }
        }

        if (!builder.Metadata.OfType<IExcludeFromDescriptionMetadata>().Any())
        {
            builder.Metadata.Add(new ExcludeFromDescriptionAttribute());
        }
    }
}
