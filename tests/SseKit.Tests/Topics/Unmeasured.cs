using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Connections;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

/// <summary>The metrics of code that runs without an app and without a listener.</summary>
internal static class Unmeasured
{
    public static readonly TopicMetrics Metrics = new(new StreamMetrics(factory: null, NullLogger.Instance), TimeProvider.System);
}
