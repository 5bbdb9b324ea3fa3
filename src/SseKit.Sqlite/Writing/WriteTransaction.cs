using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Retention;

namespace SseKit.Sqlite.Writing;

/// <summary>
/// A transaction of the writer: 1. reads the counters and the changes of other processes; 2. requests change rows; 3. deletes what is
/// beyond the bounds; 4. writes the rows back and commits.
/// </summary>
internal sealed class WriteTransaction
{
    private const string TopicText = "select id, epoch, head, oldest, bytes, status from ssekit_topics where name = $1";
    private const string CreateText = "insert into ssekit_topics (name, epoch, used_at) values ($1, $2, $3) returning id";
    private const string UpdateText =
        "update ssekit_topics set head = $2, oldest = $3, bytes = $4, status = $5, used_at = $6 where id = $1";
    private const string StoreText = "select changes, last_event, last_time, events, bytes, generation from ssekit_store";
    private const string UpdateStoreText =
        "update ssekit_store set changes = $1, last_event = $2, last_time = $3, events = $4, bytes = $5, generation = $6";

    private readonly WriteSession _session;
    private readonly StoreRow _before;
    private readonly Dictionary<string, TopicRow> _topics = [];
    private readonly Dictionary<long, TopicRow> _topicsById = [];

    public WriteTransaction(WriteSession session)
    {
        _session = session;
        _before = ReadStore();
        Store = _before with { };
        Now = Math.Max(session.Time.GetUtcNow().ToUnixTimeMilliseconds(), Store.LastTime);
        session.Foreign.Collect(session, Store);
    }

    public SseSqliteEventStoreOptions Options => _session.Options;

    public StoreRow Store { get; }

    /// <summary>The time of what is appended now, in milliseconds.</summary>
    public long Now { get; }

    /// <summary>Events of this time or before have expired.</summary>
    public long Expired => Options.MaxAge == Timeout.InfiniteTimeSpan
        ? long.MinValue
        : (_session.Time.GetUtcNow() - Options.MaxAge).ToUnixTimeMilliseconds();

    public Statement this[string text] => _session[text];

    public TopicRow? Find(string topic)
    {
        if (!_topics.TryGetValue(topic, out TopicRow? row) && (row = Read(topic)) is not null)
        {
            Add(topic, row);
        }

        return row;
    }

    public TopicRow? FindLoaded(long id) => _topicsById.GetValueOrDefault(id);

    public TopicRow Create(string topic)
    {
        string epoch = UnusedEpoch(topic);
        var row = new TopicRow(this[CreateText].Number(StoredName.Of(topic), epoch, Now)!.Value, epoch);
        Add(topic, row);
        return row;
    }

    public void Remove(string topic)
    {
        if (_topics.Remove(topic, out TopicRow? row))
        {
            _topicsById.Remove(row.Id);
        }
    }

    public string UnusedEpoch(string topic) => _session.Epochs.Of(
        topic, this["select generation from ssekit_generations where bucket = $1"].Number(_session.Epochs.BucketOf(topic)) ?? 0);

    /// <summary>Gives the unused topics of a name's bucket another epoch.</summary>
    public void AdvanceEpoch(string topic) =>
        this["insert or replace into ssekit_generations (bucket, generation) values ($1, $2)"].Execute(
            _session.Epochs.BucketOf(topic), ++Store.Generation);

    /// <summary>Calls the subscribers for a topic after the commit, because no caller asked for its change.</summary>
    public void Announce(string topic) => _session.Foreign.Add(topic);

    public void Commit()
    {
        foreach (TopicRow row in _topics.Values)
        {
            if (row.HasChanged)
            {
                Trimming.TrimTopic(this, row);
            }
        }

        Trimming.TrimStore(this, mostEvents: (int)(Store.LastEvent - _before.LastEvent) + 1);
        foreach (TopicRow row in _topics.Values)
        {
            if (row.HasChanged)
            {
                this[UpdateText].Execute(row.Id, row.Head, row.Oldest, row.Bytes, (long)row.Status, Now);
            }
        }

        if (Store != _before)
        {
            Store.Changes++;
            this[UpdateStoreText].Execute(
                Store.Changes, Store.LastEvent, Store.LastTime, Store.Events, Store.Bytes, Store.Generation);
        }

        this["commit"].Execute();
        _session.Foreign.Committed(_session, Store);
    }

    private void Add(string topic, TopicRow row)
    {
        _topics.Add(topic, row);
        _topicsById.Add(row.Id, row);
    }

    private TopicRow? Read(string topic)
    {
        using SqliteDataReader row = this[TopicText].Query(StoredName.Of(topic));
        return !row.Read()
            ? null
            : new TopicRow(row.GetInt64(0), row.GetString(1))
            {
                Head = row.GetInt64(2),
                Oldest = row.GetInt64(3),
                Bytes = row.GetInt64(4),
                Status = (SseTopicStatus)row.GetInt32(5),
            };
    }

    private StoreRow ReadStore()
    {
        using SqliteDataReader row = this[StoreText].Query();
        row.Read();
        return new StoreRow
        {
            Changes = row.GetInt64(0),
            LastEvent = row.GetInt64(1),
            LastTime = row.GetInt64(2),
            Events = row.GetInt64(3),
            Bytes = row.GetInt64(4),
            Generation = row.GetInt64(5),
        };
    }
}
