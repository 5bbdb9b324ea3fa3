using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>
/// The store as a connection asks it: one that is unavailable costs followers time and no events, and their streams stay open with
/// heartbeats. A connection asks one question at a time, which ends with the connection. Made when it is needed: a follower that waits
/// keeps none.
/// </summary>
internal readonly struct RetryingStoreReader(TopicServices services, StreamConnection connection)
{
    private const int PageSize = 256;

    private TimeProvider Time => connection.Runtime.Time;

    /// <summary>Reads what follows a position, as soon as the store answers.</summary>
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

    /// <summary>Asks once where topics stand. Null where the store does not answer.</summary>
    public async ValueTask<SseTopicState[]?> TryGetStatesAsync(string[] topics)
    {
        var states = new SseTopicState[topics.Length];
        try
        {
            for (int i = 0; i < states.Length; i++)
            {
                states[i] = await UntilEnded(services.Store.GetStateAsync(topics[i], connection.Ended));
            }

            services.Health.Answered();
            return states;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            services.Health.Failed(exception);
            return null;
        }
    }

    /// <summary>Asks where topics stand after the store did not answer, until it does.</summary>
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

    // A store that gives up at a deadline of its own may say so by cancellation.
    private bool IsOutage(Exception exception) =>
        exception is not OperationCanceledException || !connection.Ended.IsCancellationRequested;

    // A store that ignores the token must not hold the stream.
    private ValueTask<T> UntilEnded<T>(ValueTask<T> answer) =>
        answer.IsCompleted ? answer : new ValueTask<T>(answer.AsTask().WaitAsync(connection.Ended));
}
