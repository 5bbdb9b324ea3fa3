using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;
using SseKit.Stores;

namespace SseKit.Sqlite.Writing;

/// <summary>
/// The rows of a transaction on any connection: they are read once, changed in memory and written back. The caller that began the
/// transaction commits it.
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

    private readonly Statements _statements;
    private readonly Epochs _epochs;
    private readonly TimeProvider _time;
    private readonly StoreRow _before;
    private readonly Dictionary<string, TopicRow> _topics = [];
    private readonly Dictionary<long, TopicRow> _topicsById = [];

    public WriteTransaction(Statements statements, Epochs epochs, SseSqliteEventStoreOptions options, TimeProvider time)
    {
        _statements = statements;
        _epochs = epochs;
        _time = time;
        Options = options;
        _before = ReadStore();
        Store = _before with { };
        Now = Math.Max(time.GetUtcNow().ToUnixTimeMilliseconds(), Store.LastTime);
    }

    public SseSqliteEventStoreOptions Options { get; }

    public StoreRow Store { get; }

    /// <summary>The time of what is appended now, in milliseconds.</summary>
    public long Now { get; }

    /// <summary>Events of this time or before have expired.</summary>
    public long Expired => Options.MaxAge == Timeout.InfiniteTimeSpan
        ? long.MinValue
        : (_time.GetUtcNow() - Options.MaxAge).ToUnixTimeMilliseconds();

    /// <summary>The number of events that this transaction has appended.</summary>
    public long Appended => Store.LastEvent - _before.LastEvent;

    /// <summary>The number of events that this transaction deletes because of the bounds.</summary>
    public long Evicted { get; set; }

    /// <summary>The topics that this transaction has changed.</summary>
    public IEnumerable<TopicRow> ChangedTopics => _topics.Values.Where(static row => row.HasChanged);

    public Statement this[string text] => _statements[text];

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

    public string UnusedEpoch(string topic) => _epochs.Of(
        topic, this["select generation from ssekit_generations where bucket = $1"].Number(_epochs.BucketOf(topic)) ?? 0);

    /// <summary>Gives the unused topics of a name's bucket another epoch.</summary>
    public void AdvanceEpoch(string topic) =>
        this["insert or replace into ssekit_generations (bucket, generation) values ($1, $2)"].Execute(
            _epochs.BucketOf(topic), ++Store.Generation);

    /// <summary>Writes the changed rows back, once, before the commit.</summary>
    public void WriteRows()
    {
        foreach (TopicRow row in ChangedTopics)
        {
            this[UpdateText].Execute(row.Id, row.Head, row.Oldest, row.Bytes, (long)row.Status, Now);
        }

        if (Store != _before)
        {
            Store.Changes++;
            this[UpdateStoreText].Execute(
                Store.Changes, Store.LastEvent, Store.LastTime, Store.Events, Store.Bytes, Store.Generation);
        }
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
