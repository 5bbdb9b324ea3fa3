using Microsoft.Data.Sqlite;
using SseKit.PostgreSql;
using SseKit.Sqlite.Files;
using SseKit.Stores;

namespace SseKit.Sqlite.Reading;

/// <summary>
/// A read-only connection with its statements. Each read is one transaction, which sees a topic and its events at one moment.
/// </summary>
internal sealed class ReadSession(
    SqliteConnection connection, Epochs epochs, SseSqliteEventStoreOptions options, TimeProvider time) : IDisposable
{
    // A page of large events must not fill the memory (I8).
    private const int MaxPageBytes = 1024 * 1024;

    private readonly Statement _begin = new(connection, "begin");
    private readonly Statement _end = new(connection, "commit");
    private readonly Statement _topic = new(connection, "select id, epoch, head, oldest, status from ssekit_topics where name = $1");
    private readonly Statement _generation = new(connection, "select generation from ssekit_generations where bucket = $1");
    private readonly Statement _lease = new(connection, "select owner from ssekit_leases where name = $1 and expires_at > $2");
    private readonly Statement _time = new(connection, "select time from ssekit_events where topic = $1 and sequence = $2");
    private readonly Statement _page = new(
        connection, "select sequence, payload from ssekit_events where topic = $1 and sequence > $2 order by sequence limit $3");

    public IReadOnlyList<SseTopicState> GetStates(IReadOnlyList<string> topics) =>
        InTransaction(() => topics.Select(topic => Find(topic).State).ToArray());

    public SseReadResult Read(string topic, SsePosition after, int maxEvents) => InTransaction(() =>
    {
        (long id, SseTopicState state) = Find(topic);
        SseReadStatus status = StatusOf(after, state);
        List<SseStoredEvent> rows = status == SseReadStatus.Ok && after.Sequence < state.Latest.Sequence
            ? ReadRows(id, after.Sequence, maxEvents)
            : [];
        return HeldEvents.After(after, status, state, rows);
    });

    public string? GetLeaseOwner(string topic) => InTransaction(() =>
    {
        using SqliteDataReader row = _lease.Query(StoredName.Of(topic), time.GetUtcNow().ToUnixTimeMilliseconds());
        return row.Read() ? row.GetString(0) : null;
    });

    public void Dispose()
    {
        foreach (Statement statement in (Statement[])[_begin, _end, _topic, _generation, _lease, _time, _page])
        {
            statement.Dispose();
        }

        connection.Dispose();
    }

    private T InTransaction<T>(Func<T> read)
    {
        _begin.Execute();
        T result = read();
        _end.Execute();
        return result;
    }

    private (long Id, SseTopicState State) Find(string topic)
    {
        using SqliteDataReader row = _topic.Query(StoredName.Of(topic));
        if (!row.Read())
        {
            long generation = _generation.Number(epochs.BucketOf(topic)) ?? 0;
            return (0, new SseTopicState { Latest = new SsePosition(epochs.Of(topic, generation), 0), EarliestSequence = 1 });
        }

        long id = row.GetInt64(0);
        long head = row.GetInt64(2);
        return (id, new SseTopicState
        {
            Latest = new SsePosition(row.GetString(1), head),
            EarliestSequence = OldestOf(id, row.GetInt64(3), head),
            Status = (SseTopicStatus)row.GetInt32(4),
        });
    }

    // Expired events are deleted in the background. Readers do not see them meanwhile.
    private long OldestOf(long topic, long oldest, long head)
    {
        oldest = Math.Max(oldest, head - Math.Min(head, options.MaxEventsPerTopic) + 1);
        if (oldest > head || options.MaxAge == Timeout.InfiniteTimeSpan)
        {
            return oldest;
        }

        long expired = (time.GetUtcNow() - options.MaxAge).ToUnixTimeMilliseconds();
        if (_time.Number(topic, oldest) > expired)
        {
            return oldest;
        }

        // Times of a topic's events only grow.
        long low = oldest + 1;
        long high = head + 1;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            (low, high) = _time.Number(topic, middle) > expired ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private List<SseStoredEvent> ReadRows(long topic, long after, int maxEvents)
    {
        var events = new List<SseStoredEvent>();
        using SqliteDataReader rows = _page.Query(topic, after, maxEvents);
        for (int bytes = 0; bytes < MaxPageBytes && rows.Read();)
        {
            byte[] payload = rows.GetFieldValue<byte[]>(1);
            bytes += payload.Length;
            events.Add(new SseStoredEvent { Sequence = rows.GetInt64(0), Payload = payload });
        }

        return events;
    }

    private static SseReadStatus StatusOf(SsePosition after, SseTopicState state)
    {
        if (after.Epoch != state.Latest.Epoch || after.Sequence < 0 || after.Sequence > state.Latest.Sequence)
        {
            return SseReadStatus.Unknown;
        }

        return after.Sequence + 1 < state.EarliestSequence ? SseReadStatus.Expired : SseReadStatus.Ok;
    }
}
