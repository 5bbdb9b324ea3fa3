using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>
/// Receives change notifications of other servers, on one connection for all followers:
/// 1. connect and listen;
/// 2. poll for topics that changed since the last poll, by transaction number, so that a late commit is found;
/// 3. forward notifications until the next poll.
/// If the connection breaks, it starts again at step 1, and the poll finds the changes of the meantime.
/// </summary>
internal sealed partial class ChangeListener(
    Database database,
    ChangeNotifier notifier,
    string sender,
    string channel,
    TimeSpan pollInterval,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    // A notification arrives within milliseconds, and on a very busy machine within this time.
    private static readonly TimeSpan ArrivalTimeout = TimeSpan.FromSeconds(2);

    // Transactions below the snapshot's xmin have ended, so this poll or an earlier one finds their changes.
    private const string PollText = """
        select s.xmin, s.timeline, t.name, t.changed
        from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin, {schema}.timeline() as timeline) s
        left join {schema}.topics t on t.changed >= $1
        """;

    private readonly Lock _gate = new();
    private Action<string?>[] _subscribers = [];
    private Dictionary<string, ulong> _known = [];
    private ulong? _polledUntil;
    private int _timeline;
    private bool _started;
    private volatile bool _isFailing;
    private bool _isIdle;
    private bool _receivedByQuery;
    private bool _receives;
    private volatile bool _receivesNothing;

    /// <summary>Whether notifications arrive, as far as the last attempt showed. True until the first one.</summary>
    public bool ReceivesNotifications => !_isFailing && !_receivesNothing;

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers, topicChanged];
            if (!_started)
            {
                _started = true;
                BackgroundWork.Start(RunAsync);
            }
        }

        return new Subscription(this, topicChanged);
    }

    private async Task RunAsync()
    {
        TimeSpan backoff = ShortestBackoff;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(() => backoff = ShortestBackoff);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                if (!_isFailing)
                {
                    _isFailing = true;
                    Log.ListeningFailed(logger, exception);
                }
            }
            catch (OperationCanceledException)
            {
                // The server stops.
                return;
            }

            await Task.Delay(backoff * (0.5 + Random.Shared.NextDouble()), time, stopping).ContinueWith(
                static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            backoff = backoff * 2 < LongestBackoff ? backoff * 2 : LongestBackoff;
        }
    }

    private async Task ListenAsync(Action connected)
    {
        // Step 1: connect and listen. An unreachable database may have crashed, and may assign known transaction numbers again.
        _polledUntil = null;
        await using NpgsqlConnection connection = await database.OpenAsync(stopping);
        connection.Notification += (_, notification) => Receive(notification.Payload);
        await using (var listen = new NpgsqlCommand($"listen {SsePostgreSqlSchema.Quote(channel)}", connection))
        {
            await listen.ExecuteNonQueryAsync(stopping);
        }

        _receives = false;
        Task? probe = null;
        long? probed = null;
        while (true)
        {
            // Step 2: poll.
            await PollAsync(connection);
            connected();
            if (_isFailing)
            {
                _isFailing = false;
                Log.ListeningAgain(logger);
            }

            // Step 3: forward notifications.
            bool isDecided = _receives || _receivesNothing;
            if (!isDecided && (probe is null || _receivedByQuery))
            {
                _receivedByQuery = false;
                probe = notifier.SendProbeAsync();
                probed = null;
            }

            await ReceiveAsync(connection, isDecided || pollInterval < ArrivalTimeout ? pollInterval : ArrivalTimeout);
            probed ??= probe is { IsCompleted: true } ? time.GetTimestamp() : null;
            if (!isDecided && !_receives && probed is { } since && time.GetElapsedTime(since) >= ArrivalTimeout)
            {
                _receivesNothing = true;
                Log.NotificationsDoNotArrive(logger, pollInterval);
            }
        }
    }

    private async Task ReceiveAsync(NpgsqlConnection connection, TimeSpan duration)
    {
        long since = time.GetTimestamp();
        while (duration - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            _isIdle = true;
            try
            {
                // Npgsql takes whole milliseconds, and 0 means an infinite wait.
                await connection.WaitAsync((int)Math.Ceiling(left.TotalMilliseconds), stopping);
            }
            finally
            {
                _isIdle = false;
            }
        }
    }

    private async Task PollAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(database.Statement(PollText), connection)
        {
            Parameters = { new() { Value = _polledUntil ?? ulong.MaxValue, NpgsqlDbType = NpgsqlDbType.Xid8 } },
        };
        ulong until = 0;
        int timeline = 0;
        var found = new Dictionary<string, ulong>();
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(stopping))
        {
            while (await reader.ReadAsync(stopping))
            {
                until = reader.GetFieldValue<ulong>(0);
                timeline = reader.GetInt32(1);
                if (!await reader.IsDBNullAsync(2, stopping))
                {
                    found.Add(TopicKey.Decode(reader.GetFieldValue<byte[]>(2)), reader.GetFieldValue<ulong>(3));
                }
            }
        }

        // The first poll on a connection has nothing to compare with. Behind a pooler, the same connection may lead to another database
        // after a failover, which gives numbers again.
        bool isComparable = _polledUntil <= until && _timeline == timeline;
        Dictionary<string, ulong> known = _known;
        _polledUntil = until;
        _timeline = timeline;
        _known = found;
        if (!isComparable)
        {
            Announce(null);
            return;
        }

        foreach ((string topic, ulong changed) in found)
        {
            // While a long transaction is open, polls find the same topics repeatedly.
            if (known.GetValueOrDefault(topic) != changed)
            {
                Announce(topic);
            }
        }
    }

    private void Receive(string text)
    {
        if (!NotificationText.TryRead(text, out string from, out List<string> topics))
        {
            Announce(null);
        }
        else if (from != sender)
        {
            topics.ForEach(Announce);
        }
        else if (_isIdle)
        {
            _receives = true;
            _receivesNothing = false;
        }
        else
        {
            // A pooler in transaction mode may pass one on with the answer to a query, and none between queries. So it proves nothing.
            _receivedByQuery = true;
        }
    }

    private void Announce(string? topic)
    {
        foreach (Action<string?> subscriber in Volatile.Read(ref _subscribers))
        {
            try
            {
                subscriber(topic);
            }
            catch (Exception exception)
            {
                Log.SubscriberFailed(logger, exception);
            }
        }
    }

    private sealed class Subscription(ChangeListener listener, Action<string?> topicChanged) : IDisposable
    {
        public void Dispose()
        {
            lock (listener._gate)
            {
                listener._subscribers = [.. listener._subscribers.Where(each => each != topicChanged)];
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.ListeningFailed,
            LogLevel.Warning,
            "Failed to listen for change notifications; connecting again.")]
        public static partial void ListeningFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogEventIds.ListeningResumed, LogLevel.Information, "Listening for change notifications again.")]
        public static partial void ListeningAgain(ILogger logger);

        [LoggerMessage(
            LogEventIds.NotificationsDoNotArrive,
            LogLevel.Warning,
            "Failed to receive change notifications, as behind a pooler in transaction mode; polling every {PollInterval}. "
            + "Let the store connect to PostgreSQL directly, or lower PollInterval.")]
        public static partial void NotificationsDoNotArrive(ILogger logger, TimeSpan pollInterval);

        [LoggerMessage(
            LogEventIds.SubscriberFailed,
            LogLevel.Error,
            "Failed to notify a subscriber of a change; other subscribers are notified.")]
        public static partial void SubscriberFailed(ILogger logger, Exception exception);
    }
}
