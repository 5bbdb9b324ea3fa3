using Microsoft.Extensions.Logging;

namespace SseKit.Connections;

/// <summary>
/// The store as a connection asks it: one that is out of order costs followers time and no events, and their streams stay open with
/// heartbeats. Made when it is needed: whoever waits for news keeps none.
/// </summary>
internal readonly partial struct SsePatientStore(ISseEventStore store, SseConnection connection)
{
    private const int PageSize = 256;

    private SseRuntime Runtime => connection.Runtime;

    /// <summary>Reads what follows a position, as soon as the store answers.</summary>
    public async ValueTask<SseStorePage> ReadAsync(string topic, SsePosition position)
    {
        var backoff = new SseStoreBackoff(Runtime.Time);
        while (true)
        {
            try
            {
                return await store.ReadAsync(topic, position, PageSize, connection.Ended);
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                Log.StoreFailed(Runtime.Logger, exception);
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
                states[i] = await store.GetStateAsync(topics[i], connection.Ended);
            }

            return states;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            Log.StoreFailed(Runtime.Logger, exception);
            return null;
        }
    }

    /// <summary>Asks where topics stand after the store did not answer, until it does.</summary>
    public async ValueTask<SseTopicState[]> GetStatesWhenBackAsync(string[] topics)
    {
        var backoff = new SseStoreBackoff(Runtime.Time);
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

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.StoreFailed, LogLevel.Warning, "The event store failed; the stream waits and tries again.")]
        public static partial void StoreFailed(ILogger logger, Exception exception);
    }
}
