using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using SseKit.Connections;

namespace SseKit.Http;

/// <summary>The settings of one endpoint: the app's options with the endpoint's own conventions on top.</summary>
internal sealed class SseEndpointSettings
{
    private static readonly ConditionalWeakTable<Endpoint, SseEndpointSettings> ByEndpoint = [];

    private readonly SseConnectionLimitMetadata? _limit;

    private SseEndpointSettings(SseConnectionSettings connection, SseConnectionLimitMetadata? limit)
    {
        Connection = connection;
        _limit = limit;
    }

    public SseConnectionSettings Connection { get; }

    public static SseEndpointSettings Of(HttpContext context, SseRuntime runtime) => context.GetEndpoint() is { } endpoint
        ? ByEndpoint.GetValue(endpoint, key => Create(key, runtime))
        : new SseEndpointSettings(runtime.DefaultSettings, limit: null);

    public static string? RouteOf(HttpContext context) => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;

    /// <summary>The key that the endpoint's limit counts by, or null where it has none or does not limit this request.</summary>
    public string? LimitKey(HttpContext context) => _limit?.Key(context);

    private static SseEndpointSettings Create(Endpoint endpoint, SseRuntime runtime)
    {
        IReadOnlyList<SseOptionsMetadata> overrides = endpoint.Metadata.GetOrderedMetadata<SseOptionsMetadata>();
        var limit = endpoint.Metadata.GetMetadata<SseConnectionLimitMetadata>();
        if (overrides.Count == 0 && limit is null)
        {
            return new SseEndpointSettings(runtime.DefaultSettings, limit: null);
        }

        SseOptions options = runtime.Options.Clone();
        foreach (SseOptionsMetadata metadata in overrides)
        {
            metadata.Configure(options);
        }

        SseOptionsFaults.ThrowIfAny(options);
        return new SseEndpointSettings(new SseConnectionSettings(options, limit?.Limit), limit);
    }
}
