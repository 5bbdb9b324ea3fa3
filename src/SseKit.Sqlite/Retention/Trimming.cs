using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Writing;

namespace SseKit.Sqlite.Retention;

/// <summary>
/// Deletes the oldest events beyond the bounds, within a transaction of the writer. An append deletes as much as it adds, so that the
/// bounds are exact; what an option has lowered is deleted in small steps.
/// </summary>
internal static class Trimming
{
    /// <summary>How many events one transaction deletes, so that no publish waits long.</summary>
    public const int MostEvents = 500;

    private const string OldestOfTopicText =
        "select sequence, length(payload) from ssekit_events where topic = $1 and sequence >= $2 order by sequence limit $3";

    private const string OldestText = "select id, topic, sequence, length(payload), time from ssekit_events order by id limit $1";

    private const string AdvanceText = "update ssekit_topics set oldest = $2, bytes = bytes - $3 where id = $1";

    /// <summary>Deletes what the transaction's appends have put beyond the bounds.</summary>
    public static void Trim(WriteTransaction transaction)
    {
        foreach (TopicRow row in transaction.ChangedTopics)
        {
            TrimTopic(transaction, row);
        }

        TrimStore(transaction, mostEvents: (int)transaction.Appended + 1);
    }

    /// <summary>Deletes events of a topic beyond its own bounds. Returns whether there may be more.</summary>
    public static bool TrimTopic(WriteTransaction transaction, TopicRow row)
    {
        if (!IsBeyond(transaction, row))
        {
            return false;
        }

        int most = MostEvents + 1024;
        long first = row.Oldest;
        int dropped = 0;
        using (SqliteDataReader events = transaction[OldestOfTopicText].Query(row.Id, row.Oldest, most))
        {
            while (IsBeyond(transaction, row) && events.Read())
            {
                row.Oldest = events.GetInt64(0) + 1;
                row.Bytes -= events.GetInt64(1);
                transaction.Store.Events--;
                transaction.Store.Bytes -= events.GetInt64(1);
                dropped++;
            }
        }

        transaction["delete from ssekit_events where topic = $1 and sequence between $2 and $3"].Execute(row.Id, first, row.Oldest - 1);
        row.HasChanged = true;
        transaction.Evicted += dropped;
        return dropped == most;
    }

    /// <summary>
    /// Deletes the oldest events of all topics that have expired or are beyond the bounds of the store. Returns whether there may be more.
    /// </summary>
    public static bool TrimStore(WriteTransaction transaction, int mostEvents)
    {
        StoreRow store = transaction.Store;
        var dropped = new Dictionary<long, (long Through, long Bytes)>();
        long last = 0;
        int count = 0;
        if (mostEvents < MostEvents && store.Events <= transaction.Options.MaxEvents && store.Bytes <= transaction.Options.MaxBytes)
        {
            return false;
        }

        long expired = transaction.Expired;
        using (SqliteDataReader events = transaction[OldestText].Query(mostEvents))
        {
            while (events.Read() && MustGo(store, transaction.Options, events, expired))
            {
                last = events.GetInt64(0);
                long bytes = events.GetInt64(3);
                store.Events--;
                store.Bytes -= bytes;
                dropped[events.GetInt64(1)] = (events.GetInt64(2), dropped.GetValueOrDefault(events.GetInt64(1)).Bytes + bytes);
                count++;
            }
        }

        if (count == 0)
        {
            return false;
        }

        transaction.Evicted += count;
        transaction["delete from ssekit_events where id <= $1"].Execute(last);
        foreach ((long topic, (long through, long bytes)) in dropped)
        {
            Advance(transaction, topic, through, bytes);
        }

        return count == mostEvents;
    }

    private static bool IsBeyond(WriteTransaction transaction, TopicRow row) =>
        row.Events > transaction.Options.MaxEventsPerTopic || (row.Bytes > transaction.Options.MaxBytesPerTopic && row.Events > 1);

    private static bool MustGo(StoreRow store, SseSqliteEventStoreOptions options, SqliteDataReader oldest, long expired) =>
        store.Events > options.MaxEvents || (store.Bytes > options.MaxBytes && store.Events > 1) || oldest.GetInt64(4) <= expired;

    private static void Advance(WriteTransaction transaction, long topic, long through, long bytes)
    {
        if (transaction.FindLoaded(topic) is { } row)
        {
            row.Oldest = through + 1;
            row.Bytes -= bytes;
            row.HasChanged = true;
        }
        else
        {
            // No row is updated if the topic was deleted.
            transaction[AdvanceText].Execute(topic, through + 1, bytes);
        }
    }
}
