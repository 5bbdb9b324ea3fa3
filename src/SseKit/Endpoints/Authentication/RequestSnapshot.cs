using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace SseKit.Endpoints.Authentication;

/// <summary>Copies what authorization reads of a request: its context belongs to the handler as long as that runs.</summary>
internal sealed class RequestSnapshot
{
    private readonly string _traceIdentifier;
    private readonly string _protocol;
    private readonly string _method;
    private readonly string _scheme;
    private readonly PathString _pathBase;
    private readonly PathString _path;
    private readonly QueryString _query;
    private readonly KeyValuePair<string, StringValues>[] _headers;
    private readonly KeyValuePair<string, object?>[] _routeValues;
    private readonly KeyValuePair<object, object?>[] _items;
    private readonly IPAddress? _remoteAddress;

    public RequestSnapshot(HttpContext context, Endpoint endpoint)
    {
        HttpRequest request = context.Request;
        User = context.User;
        Endpoint = endpoint;
        _traceIdentifier = context.TraceIdentifier;
        _protocol = request.Protocol;
        _method = request.Method;
        _scheme = request.Scheme;
        _pathBase = request.PathBase;
        _path = request.Path;
        _query = request.QueryString;
        _headers = [.. request.Headers];
        _routeValues = [.. request.RouteValues];
        _items = [.. context.Items];
        _remoteAddress = context.Connection.RemoteIpAddress;
    }

    public ClaimsPrincipal User { get; }

    public Endpoint Endpoint { get; }

    /// <summary>Creates a context without a body, whose response reaches no client.</summary>
    public DefaultHttpContext CreateContext(IServiceProvider services)
    {
        var context = new DefaultHttpContext
        {
            RequestServices = services,
            User = User,
            TraceIdentifier = _traceIdentifier,
            Items = new Dictionary<object, object?>(_items),
        };
        context.SetEndpoint(Endpoint);
        context.Connection.RemoteIpAddress = _remoteAddress;
        HttpRequest request = context.Request;
        request.Protocol = _protocol;
        request.Method = _method;
        request.Scheme = _scheme;
        request.PathBase = _pathBase;
        request.Path = _path;
        request.QueryString = _query;
        request.RouteValues = new RouteValueDictionary(_routeValues);
        foreach ((string name, StringValues values) in _headers)
        {
            request.Headers[name] = values;
        }

        return context;
    }
}
