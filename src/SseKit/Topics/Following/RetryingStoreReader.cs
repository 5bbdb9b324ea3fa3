using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>
/// Reads the store for a connection. While the store is unavailable, streams stay open with heartbeats and no event is lost. A connection
/// makes one request at a time, which ends with the connection. Created for each use, because a waiting follower must hold little memory.
/// </summary>
internal readonly struct RetryingStoreReader(TopicServices services, StreamConnection connection)
{
    private const int PageSize = 256;

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
                services.Health.Answered();
                return page;
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                services.Health.Failed(exception);
            }

            await backoff.WaitAsync(connection.Ended);
        }
    }

    /// <summary>Gets the states of topics; null if the store is unavailable.</summary>
    public async ValueTask<SseTopicState[]?> TryGetStatesAsync(string[] topics)
    {
        try
        {
            IReadOnlyList<SseTopicState> states = await UntilEnded(services.Store.GetStatesAsync(topics, connection.Ended));
            services.Health.Answered();
            return states as SseTopicState[] ?? [.. states];
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            services.Health.Failed(exception);
            return null;
        }
    }

    /// <summary>Gets the states of topics; retries until the store answers.</summary>
    public async ValueTask<SseTopicState[]> GetStatesWhenBackAsync(string[] topics)
    {
        var backoff = new StoreBackoff(Time);
        while (true)
        {
            await backoff.WaitAsync(connection.Ended);
            if (await TryGetStatesAsync(topics) is { } states)
            {
                return states;
            }
        }
    }

    // A store may report its own timeout as a cancellation.
    private bool IsOutage(Exception exception) =>
        exception is not OperationCanceledException || !connection.Ended.IsCancellationRequested;

    // A store that ignores the token must not keep the stream open.
    private ValueTask<T> UntilEnded<T>(ValueTask<T> answer) =>
        answer.IsCompleted ? answer : new ValueTask<T>(answer.AsTask().WaitAsync(connection.Ended));
}
