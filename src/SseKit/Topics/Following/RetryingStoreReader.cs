using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>
/// Reads the store for a connection. While the store is unavailable, streams stay open with heartbeats and no event is lost. A connection
/// makes one request at a time, which ends with the connection. Created for each use, because a waiting follower must hold little memory.
/// </summary>
internal readonly struct RetryingStoreReader(TopicServices services, StreamConnection connection)
{
    private const int PageSize = 256;

    // A proxy times out a response without headers, and an EventSource does not reconnect after the proxy's error.
    private static readonly TimeSpan LongestWaitToOpen = TimeSpan.FromSeconds(2);

    public TopicMetrics Metrics => services.Metrics;

    private TimeProvider Time => connection.Runtime.Time;

    /// <summary>Reads the events after a position; retries until the store answers.</summary>
    public async ValueTask<SseReadResult> ReadAsync(string topic, SsePosition position)
    {
        var backoff = new StoreBackoff(Time);
        while (true)
        {
            try
            {
                SseReadResult page = await UntilEnded(services.Store.ReadAsync(topic, position, PageSize, connection.Ended));
                Answered();
                return page;
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                Failed(exception);
            }

            await backoff.WaitAsync(connection.Ended);
        }
    }

    /// <summary>Reads where a client starts in its topics; null if the store is unavailable.</summary>
    public async ValueTask<FollowStart?> TryReadStartAsync(FollowRequest following)
    {
        try
        {
            IReadOnlyList<SseTopicState> states = await UntilEnded(services.Store.GetStatesAsync(following.Topics, connection.Ended));
            long controlEntries = following.ControlEntries ?? await CountControlEntriesAsync(following, states[0]);
            var start = new FollowStart(following, states as SseTopicState[] ?? [.. states], controlEntries);
            for (int i = 0; i < states.Count; i++)
            {
                if (start.MayHaveReadAll(i, out SsePosition position))
                {
                    start.AddRest(i, await UntilEnded(services.Store.ReadAsync(following.Topics[i], position, PageSize, connection.Ended)));
                }
            }

            Answered();
            return start;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            Failed(exception);
            return null;
        }
    }

    /// <summary>
    /// Waits for a read, but not longer than a stream may stay closed. The same read is awaited later, so only one is in flight.
    /// </summary>
    /// <returns>Null if the store takes too long.</returns>
    public async ValueTask<FollowStart?> InTimeAsync(Task<FollowStart?> start)
    {
        try
        {
            return await start.WaitAsync(LongestWaitToOpen, Time, connection.Ended);
        }
        catch (TimeoutException exception)
        {
            services.Health.Failed(exception);
            return null;
        }
    }

    /// <summary>Reads where a client starts in its topics; retries until the store answers.</summary>
    public async ValueTask<FollowStart> ReadStartWhenBackAsync(FollowRequest following)
    {
        var backoff = new StoreBackoff(Time);
        while (true)
        {
            await backoff.WaitAsync(connection.Ended);
            if (await TryReadStartAsync(following) is { } start)
            {
                return start;
            }
        }
    }

    // A run's log, which the app may follow by its name, begins with an entry that is no event. Only a start by ordinal needs the number.
    private async ValueTask<long> CountControlEntriesAsync(FollowRequest following, SseTopicState state)
    {
        if (following.Start.AfterEvent is null)
        {
            return 0;
        }

        SsePosition beginning = state.Beginning;
        SseReadResult first = await UntilEnded(services.Store.ReadAsync(following.Topics[0], beginning, 1, connection.Ended));
        return first.Events is [var entry, ..] && EventPayload.IsControl(entry.Payload.Span) ? 1 : 0;
    }

    private void Answered()
    {
        services.Health.Answered();
        services.Metrics.StoreWasRead();
    }

    private void Failed(Exception exception)
    {
        services.Health.Failed(exception);
        services.Metrics.StoreReadFailed();
    }

    // A store may report its own timeout as a cancellation.
    private bool IsOutage(Exception exception) =>
        exception is not OperationCanceledException || !connection.Ended.IsCancellationRequested;

    // A store that ignores the token must not keep the stream open.
    private ValueTask<T> UntilEnded<T>(ValueTask<T> answer) =>
        answer.IsCompleted ? answer : new ValueTask<T>(answer.AsTask().WaitAsync(connection.Ended));
}
