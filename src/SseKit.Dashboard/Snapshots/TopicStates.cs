using Microsoft.Extensions.Logging;

namespace SseKit.Dashboard.Snapshots;

/// <summary>Reads the states of topics beside the snapshots, so that a store that fails or hangs delays none of them.</summary>
/// <remarks>One caller at a time, and at most one read of the store.</remarks>
internal sealed partial class TopicStates(ISseEventStore store, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan SlowAfter = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private Task _reading = Task.CompletedTask;
    private long _startedAt;
    private volatile bool _hasFailed;
    private volatile Dictionary<string, SseTopicState> _states = [];

    /// <summary>Gets what is wrong with the store; null if it answers.</summary>
    public string? Fault => (_hasFailed, _reading.IsCompleted || time.GetElapsedTime(_startedAt) < SlowAfter) switch
    {
        (true, _) => "unavailable",
        (_, false) => "slow",
        _ => null,
    };

    /// <summary>Begins to read the states of topics, unless an earlier read is not over.</summary>
    public void Refresh(string[] topics)
    {
        if (topics.Length == 0)
        {
            _hasFailed = false;
        }
        else if (_reading.IsCompleted)
        {
            _startedAt = time.GetTimestamp();

            // The store may block its caller.
            _reading = Task.Run(() => ReadAsync(topics));
        }
    }

    public TopicRow RowOf(string topic, int followers) => _states.TryGetValue(topic, out SseTopicState state)
        ? new TopicRow(
            topic, followers, state.Latest.Sequence - state.EarliestSequence + 1, state.Latest.Sequence, state.Status.ToString())
        : new TopicRow(topic, followers, null, null, null);

    private async Task ReadAsync(string[] topics)
    {
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);

            // A store that ignores the token must not stop the reads for good.
            IReadOnlyList<SseTopicState> states = await store.GetStatesAsync(topics, timeout.Token).AsTask().WaitAsync(timeout.Token);
            _states = topics.Zip(states).ToDictionary(pair => pair.First, pair => pair.Second);
            _hasFailed = false;
        }
        catch (Exception exception)
        {
            if (!_hasFailed)
            {
                Log.Unread(logger, exception);
            }

            _hasFailed = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.TopicsUnread,
            LogLevel.Warning,
            "Failed to read the states of topics; the dashboard shows those that it read last, if any.")]
        public static partial void Unread(ILogger logger, Exception exception);
    }
}
