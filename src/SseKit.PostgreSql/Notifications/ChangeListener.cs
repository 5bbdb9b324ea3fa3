using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>
/// Hears of topics that other servers changed, on one connection for all followers:
/// 1. connect, and listen;
/// 2. look for what changed since the last look, by transaction number, so that a late commit is not overlooked;
/// 3. pass on notifications until it is time to look again.
/// Where the connection breaks, it begins anew, and the look finds what was not heard meanwhile.
/// </summary>
internal sealed partial class ChangeListener(
    Database database, ChangeNotifier news, string sender, string channel, TimeSpan pollInterval, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    // A notification that was sent is heard within milliseconds, or on a machine that is very busy within this time.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(2);

    // Transactions below the snapshot's xmin are over, and what they changed is seen by this look or was by an earlier one.
    private const string LookText = """
        select s.xmin, t.name, t.changed
        from (select pg_snapshot_xmin(pg_current_snapshot()) as xmin) s left join {schema}.topics t on t.changed >= $1
        """;

    private readonly Lock _gate = new();
    private Action<string?>[] _subscribers = [];
    private Dictionary<string, ulong> _known = [];
    private ulong? _lookedUntil;
    private bool _started;
    private bool _failing;
    private bool _hears;
    private bool _deaf;

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
                if (!_failing)
                {
                    _failing = true;
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
        // Step 1. A database that was not to be reached may have crashed, and given transaction numbers anew that were seen already.
        _lookedUntil = null;
        await using NpgsqlConnection connection = await database.OpenAsync(stopping);
        connection.Notification += (_, notification) => Hear(notification.Payload);
        await using (var listen = new NpgsqlCommand($"listen {SsePostgreSqlSchema.Quote(channel)}", connection))
        {
            await listen.ExecuteNonQueryAsync(stopping);
        }

        _hears = false;
        Task greeting = news.GreetAsync();
        long? greeted = null;
        while (true)
        {
            // Step 2.
            await LookAsync(connection);
            connected();
            if (_failing)
            {
                _failing = false;
                Log.ListeningAgain(logger);
            }

            // Step 3.
            bool isSure = _hears || _deaf;
            await HearAsync(connection, isSure || pollInterval < LongestSilence ? pollInterval : LongestSilence);
            greeted ??= greeting.IsCompleted ? time.GetTimestamp() : null;
            if (!isSure && !_hears && greeted is { } since && time.GetElapsedTime(since) >= LongestSilence)
            {
                _deaf = true;
                Log.NotificationsDoNotArrive(logger, pollInterval);
            }
        }
    }

    private async Task HearAsync(NpgsqlConnection connection, TimeSpan duration)
    {
        long since = time.GetTimestamp();
        while (duration - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            // Npgsql counts whole milliseconds, and takes none for ever.
            await connection.WaitAsync((int)Math.Ceiling(left.TotalMilliseconds), stopping);
        }
    }

    private async Task LookAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(database.Statement(LookText), connection)
        {
            Parameters = { new() { Value = _lookedUntil ?? ulong.MaxValue, NpgsqlDbType = NpgsqlDbType.Xid8 } },
        };
        ulong until = 0;
        var found = new Dictionary<string, ulong>();
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(stopping))
        {
            while (await reader.ReadAsync(stopping))
            {
                until = reader.GetFieldValue<ulong>(0);
                if (!await reader.IsDBNullAsync(1, stopping))
                {
                    found.Add(TopicKey.Decode(reader.GetFieldValue<byte[]>(1)), reader.GetFieldValue<ulong>(2));
                }
            }
        }

        // The first look on a connection knows nothing of what was before.
        bool anew = _lookedUntil is null;
        Dictionary<string, ulong> known = _known;
        _lookedUntil = until;
        _known = found;
        if (anew)
        {
            Announce(null);
            return;
        }

        foreach ((string topic, ulong changed) in found)
        {
            // A transaction that goes on for long makes the same topics be found again and again.
            if (known.GetValueOrDefault(topic) != changed)
            {
                Announce(topic);
            }
        }
    }

    private void Hear(string text)
    {
        if (!NotificationText.TryRead(text, out string from, out List<string> topics))
        {
            Announce(null);
        }
        else if (from != sender)
        {
            topics.ForEach(Announce);
        }
        else
        {
            _hears = true;
            _deaf = false;
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
        [LoggerMessage(LogEventIds.ListeningFailed, LogLevel.Warning, "The connection that listens for other servers' news is broken; trying again.")]
        public static partial void ListeningFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogEventIds.ListeningAgain, LogLevel.Information, "Listening for other servers' news again.")]
        public static partial void ListeningAgain(ILogger logger);

        [LoggerMessage(
            LogEventIds.NotificationsDoNotArrive,
            LogLevel.Warning,
            "Notifications do not reach this server, as behind a pooler in transaction mode: what other servers publish is found every {PollInterval} only. Let the store connect to PostgreSQL itself, or lower PollInterval.")]
        public static partial void NotificationsDoNotArrive(ILogger logger, TimeSpan pollInterval);

        [LoggerMessage(LogEventIds.SubscriberFailed, LogLevel.Error, "A subscriber to the event store's news failed.")]
        public static partial void SubscriberFailed(ILogger logger, Exception exception);
    }
}
