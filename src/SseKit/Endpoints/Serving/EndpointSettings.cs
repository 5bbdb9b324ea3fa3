using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Endpoints.Authentication;

namespace SseKit.Endpoints.Serving;

/// <summary>Holds the settings of one endpoint: the app's options, overridden by the endpoint's conventions.</summary>
internal sealed partial class EndpointSettings
{
    private static readonly ConditionalWeakTable<Endpoint, EndpointSettings> ByEndpoint = [];

    private readonly ConnectionLimitMetadata? _limit;
    private int _bufferIsLogged;

    private EndpointSettings(ConnectionSettings connection, ConnectionLimitMetadata? limit)
    {
        Connection = connection;
        _limit = limit;
    }

    public ConnectionSettings Connection { get; }

    public RevalidationFailures RevalidationFailures { get; } = new();

    public static EndpointSettings Of(HttpContext context, StreamRuntime runtime) => context.GetEndpoint() is { } endpoint
        ? ByEndpoint.GetValue(endpoint, key => Create(key, runtime))
        : new EndpointSettings(runtime.DefaultSettings, limit: null);

    public static string? RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>Returns the key for which the endpoint's limit counts the request; null if the request is not limited.</summary>
    public string? LimitKey(HttpContext context) => _limit?.Key(context);

    /// <summary>Logs once for each endpoint that a middleware has replaced the response's body by a buffer.</summary>
    /// <remarks>Middleware that logs responses does so. An endless stream grows in the buffer without bound.</remarks>
    public void WarnOfBuffer(IHttpResponseBodyFeature body, StreamRuntime runtime, string? route)
    {
        if (body.Stream is MemoryStream or FileBufferingWriteStream && Interlocked.Exchange(ref _bufferIsLogged, 1) == 0)
        {
            Log.Buffered(runtime.Logger, route, body.Stream.GetType());
        }
    }

    private static EndpointSettings Create(Endpoint endpoint, StreamRuntime runtime)
    {
        IReadOnlyList<OptionsMetadata> overrides = endpoint.Metadata.GetOrderedMetadata<OptionsMetadata>();
        var limit = endpoint.Metadata.GetMetadata<ConnectionLimitMetadata>();
        if (overrides.Count == 0 && limit is null)
        {
            return new EndpointSettings(runtime.DefaultSettings, limit: null);
        }

        SseOptions options = runtime.Options.Clone();
        foreach (OptionsMetadata metadata in overrides)
        {
            metadata.Configure(options);
        }

        OptionsFaults.ThrowIfAny(options);
        return new EndpointSettings(new ConnectionSettings(options, limit?.Limit), limit);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.ResponseIsBuffered,
            LogLevel.Warning,
            "A middleware has replaced the response body of {Route} by a {Buffer}; "
            + "the stream grows in memory, and its client receives nothing before the end.")]
        public static partial void Buffered(ILogger logger, string? route, Type buffer);
    }
}
