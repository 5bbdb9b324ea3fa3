using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Features.Authentication;
using Microsoft.AspNetCore.Routing;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Filters;

namespace SseKit.Replay;

/// <summary>
/// Copies a request for a handler that outlives it. Services, response and lifetime belong to the run, because the server reuses those of
/// the request when its client has disconnected.
/// </summary>
internal static class DetachedContext
{
    public static DefaultHttpContext Create(HttpContext original, RunRequest request, ReplayRun run, IServiceProvider services)
    {
        var features = new FeatureCollection();
        DetachedFeatures.Copy(original.Features, features);
        SetRequest(features, original, request);
        SetConnection(features, original);
        features.Set<IHttpResponseFeature>(run.Response);
        features.Set<IHttpResponseBodyFeature>(run.Response);
        features.Set<IHttpRequestLifetimeFeature>(run);
        features.Set<IDetachedRun>(run);
        features.Set(new ArgumentsOfRun(request.Arguments));
        var context = new DefaultHttpContext(features) { RequestServices = services };
        context.SetEndpoint(original.GetEndpoint());
        return context;
    }

    private static void SetRequest(FeatureCollection features, HttpContext original, RunRequest request)
    {
        HttpRequest of = original.Request;
        features.Set<IHttpRequestFeature>(new HttpRequestFeature
        {
            Protocol = of.Protocol,
            Scheme = of.Scheme,
            Method = of.Method,
            PathBase = of.PathBase,
            Path = of.Path,
            QueryString = of.QueryString.Value ?? "",
            RawTarget = original.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "",
            Headers = new HeaderDictionary(of.Headers.ToDictionary(StringComparer.OrdinalIgnoreCase)),
            Body = new MemoryStream(request.Body, writable: false),
        });
        features.Set<IHttpRequestBodyDetectionFeature>(new BodyDetection(request.Body.Length > 0));
        features.Set<IHttpRequestIdentifierFeature>(new HttpRequestIdentifierFeature { TraceIdentifier = original.TraceIdentifier });
        features.Set<IRouteValuesFeature>(new RouteValuesFeature { RouteValues = new RouteValueDictionary(of.RouteValues) });
        features.Set<IItemsFeature>(new ItemsFeature { Items = new Dictionary<object, object?>(original.Items) });
        features.Set<IHttpAuthenticationFeature>(new HttpAuthenticationFeature { User = DetachedUser.Of(original.User) });
        if (request.Form is not null)
        {
            features.Set(request.Form);
        }
    }

    private static void SetConnection(FeatureCollection features, HttpContext original)
    {
        var connection = new DetachedConnection(original);
        features.Set<IHttpConnectionFeature>(connection);
        features.Set<IHttpUpgradeFeature>(connection);
        if (original.Features.Get<ITlsConnectionFeature>() is not null)
        {
            features.Set<ITlsConnectionFeature>(connection);
        }
    }

    private sealed class BodyDetection(bool canHaveBody) : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => canHaveBody;
    }
}

/// <summary>The parts of a request that a run gets besides its features.</summary>
/// <param name="Body">The request's body.</param>
/// <param name="Form">The request's form; null if it was not read, and is still in the body.</param>
/// <param name="Arguments">The arguments of the handler that filters have left, by parameter.</param>
internal sealed record RunRequest(byte[] Body, IFormFeature? Form, IReadOnlyDictionary<int, object?> Arguments);
