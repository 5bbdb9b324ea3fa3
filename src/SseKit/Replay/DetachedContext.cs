using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Routing;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Filters;

namespace SseKit.Replay;

/// <summary>
/// A copy of a request for a handler that outlives it: what the request said (method, address, headers, body, user, route values, items) and
/// services, response and lifetime of its own. The server takes the original back when its client is gone.
/// </summary>
internal static class DetachedContext
{
    public static DefaultHttpContext Create(HttpContext original, byte[] body, ReplayRun run, IServiceProvider services)
    {
        HttpRequest request = original.Request;
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Protocol = request.Protocol,
            Scheme = request.Scheme,
            Method = request.Method,
            PathBase = request.PathBase,
            Path = request.Path,
            QueryString = request.QueryString.Value ?? "",
            RawTarget = original.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "",
            Headers = new HeaderDictionary(request.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)),
            Body = new MemoryStream(body, writable: false),
        });
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(body.Length > 0));
        features.Set<IHttpResponseFeature>(run.Response);
        features.Set<IHttpResponseBodyFeature>(run.Response);
        features.Set<IHttpRequestLifetimeFeature>(run);
        features.Set(run);
        features.Set(new ArgumentsOfRun(run.Arguments));
        features.Set<IDetachedRun>(run);
        features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = original.User });
        features.Set<IHttpConnectionFeature>(new HttpConnectionFeature
        {
            ConnectionId = original.Connection.Id,
            LocalIpAddress = original.Connection.LocalIpAddress,
            LocalPort = original.Connection.LocalPort,
            RemoteIpAddress = original.Connection.RemoteIpAddress,
            RemotePort = original.Connection.RemotePort,
        });
        features.Set<IHttpRequestIdentifierFeature>(new HttpRequestIdentifierFeature { TraceIdentifier = original.TraceIdentifier });
        features.Set<IRouteValuesFeature>(new RouteValuesFeature { RouteValues = new RouteValueDictionary(request.RouteValues) });
        features.Set<IItemsFeature>(new ItemsFeature { Items = new Dictionary<object, object?>(original.Items) });
        var context = new DefaultHttpContext(features) { RequestServices = services };
        context.SetEndpoint(original.GetEndpoint());
        return context;
    }

    private sealed class BodyDetection(bool canHaveBody) : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => canHaveBody;
    }
}
