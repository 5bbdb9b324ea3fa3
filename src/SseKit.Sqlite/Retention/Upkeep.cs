using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Writing;

namespace SseKit.Sqlite.Retention;

/// <summary>
/// Deletes what is beyond the bounds, in the background, in small transactions between those of publishers: 1. topics beyond their own
/// bounds, once and after transactions of the app; 2. the oldest events; 3. events of deleted topics; 4. topics beyond the bound; 5. old
/// leases and changes; 6. free pages.
/// </summary>
internal sealed partial class Upkeep(
    WriteQueue queue,
    ForeignChanges changes,
    SseSqliteEventStoreOptions options,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private const int PagesPerStep = 256;

    private const string BeyondText = "select name from ssekit_topics where head - oldest >= $1 or (bytes > $2 and head > oldest) limit 1";

    private const string DroppedText = "select sequence, length(payload) from ssekit_events where topic = $1 order by sequence limit $2";

    // Open topics without events, open topics with events, completed topics.
    private const string LeastUsedText =
        "select name from ssekit_topics order by status > 0, status = 0 and head >= oldest, used_at limit $1";

    // Other processes look for changes every few milliseconds. Those that fall behind are called for all topics.
    private const int ChangesKept = 10_000;

    private static readonly TimeSpan LeaseRemembered = TimeSpan.FromDays(1);

    private bool _topicsUnchecked = true;

    public void Start() => ThreadPool.UnsafeQueueUserWorkItem(static upkeep => _ = upkeep.RunAsync(), this, preferLocal: false);

    /// <summary>
    /// Applies the topics' own bounds at the next sweep: a transaction of the app appends without deleting. The sweep waits for that one.
    /// </summary>
    public void CheckTopics() => Volatile.Write(ref _topicsUnchecked, true);

    /// <summary>Deletes all that is beyond the bounds now.</summary>
    public async Task SweepAsync()
    {
        if (Interlocked.Exchange(ref _topicsUnchecked, false))
        {
            await CheckAsync();
        }

        await RepeatAsync(static transaction => Trimming.TrimStore(transaction, Trimming.MostEvents));
        await RepeatAsync(SweepDropped);
        await RepeatAsync(DeleteTopics);
        await RepeatAsync(DeleteOld);
        await RepeatAsync(ReturnPages);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.UpkeepInterval, time);
        try
        {
            do
            {
                await TrySweepAsync();
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The store is closed.
        }
    }

    private async Task TrySweepAsync()
    {
        try
        {
            await SweepAsync();
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            Log.Failed(logger, exception);
        }
    }

    private async Task CheckAsync()
    {
        try
        {
            await RepeatAsync(TrimNextTopic);
        }
        catch
        {
            CheckTopics();
            throw;
        }
    }

    private async Task RepeatAsync(Func<WriteTransaction, bool> step)
    {
        while (await queue.RunAsync(step, stopping))
        {
        }
    }

    private bool TrimNextTopic(WriteTransaction transaction)
    {
        string? topic;
        using (SqliteDataReader row = transaction[BeyondText].Query(options.MaxEventsPerTopic, options.MaxBytesPerTopic))
        {
            topic = row.Read() ? StoredName.Read(row, 0) : null;
        }

        if (topic is null)
        {
            return false;
        }

        Trimming.TrimTopic(transaction, transaction.Find(topic)!);
        return true;
    }

    private static bool SweepDropped(WriteTransaction transaction)
    {
        if (transaction["select topic from ssekit_dropped limit 1"].Number() is not { } topic)
        {
            return false;
        }

        int count = 0;
        long last = 0;
        using (SqliteDataReader events = transaction[DroppedText].Query(topic, Trimming.MostEvents))
        {
            for (; events.Read(); count++)
            {
                last = events.GetInt64(0);
                transaction.Store.Events--;
                transaction.Store.Bytes -= events.GetInt64(1);
            }
        }

        transaction["delete from ssekit_events where topic = $1 and sequence <= $2"].Execute(topic, last);
        if (count < Trimming.MostEvents)
        {
            transaction["delete from ssekit_dropped where topic = $1"].Execute(topic);
        }

        return true;
    }

    private bool DeleteTopics(WriteTransaction transaction)
    {
        long beyond = transaction["select count(*) from ssekit_topics"].Number()!.Value - options.MaxTopics;
        if (beyond <= 0)
        {
            return false;
        }

        var names = new List<string>();
        using (SqliteDataReader rows = transaction[LeastUsedText].Query(Math.Min(beyond, Trimming.MostEvents)))
        {
            while (rows.Read())
            {
                names.Add(StoredName.Read(rows, 0));
            }
        }

        foreach (string name in names)
        {
            transaction.Evicted += transaction.Find(name)?.Events ?? 0;
            TopicWrites.Delete(transaction, name, expectedEpoch: null);

            // No caller asked for this change.
            changes.Add(name);
        }

        return true;
    }

    private bool DeleteOld(WriteTransaction transaction)
    {
        transaction["delete from ssekit_leases where expires_at < $1"].Execute(
            (time.GetUtcNow() - LeaseRemembered).ToUnixTimeMilliseconds());
        transaction["delete from ssekit_changed where id <= (select max(id) from ssekit_changed) - $1"].Execute(ChangesKept);
        return false;
    }

    private static bool ReturnPages(WriteTransaction transaction)
    {
        long? free = transaction["pragma freelist_count"].Number();
        if (free < PagesPerStep)
        {
            return false;
        }

        // A file that the app created may keep its free pages.
        transaction["pragma incremental_vacuum(256)"].Execute();
        return transaction["pragma freelist_count"].Number() < free;
    }

    private static partial class Log
    {
        [LoggerMessage(
            SqliteLogEvents.UpkeepFailed, LogLevel.Warning,
            "Failed to delete events beyond the bounds of the SQLite event store; trying again later.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
