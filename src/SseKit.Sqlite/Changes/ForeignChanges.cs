using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Writing;

namespace SseKit.Sqlite.Changes;

/// <summary>
/// Finds the topics that no call of this store has changed, and calls subscribers for them. The writer looks at the beginning of each
/// transaction, where the counters of the file show whether another process has committed since its own last commit.
/// </summary>
internal sealed partial class ForeignChanges(ILogger logger)
{
    // More topics or events than these are announced as "any" (I8).
    private const int MaxTopics = 1000;
    private const int MaxEvents = 10_000;

    private const string FirstAppendedText = "select min(id) from ssekit_events where id > $1";

    private const string AppendedText =
        "select distinct t.name from ssekit_events e join ssekit_topics t on t.id = e.topic where e.id > $1 limit $2";

    private const string FirstChangedText = "select min(id) from ssekit_changed where id > $1";

    private const string ChangedText = "select name from ssekit_changed where id > $1 order by id limit $2";

    private const string LastChangedText = "select seq from sqlite_sequence where name = 'ssekit_changed'";

    private readonly Lock _gate = new();
    private readonly List<string?> _found = [];
    private Action<string?>[] _subscribers = [];

    // Followers may read before this process looks for the first time. So the first look reports all that the file holds.
    private long _changes = -1;
    private long _event;
    private long _changed;

    /// <summary>The count of changes up to which subscribers have been called.</summary>
    public long Seen => Interlocked.Read(ref _changes);

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers, topicChanged];
        }

        return new Subscription(this, topicChanged);
    }

    /// <summary>Notes which topics other writers have changed since the last transaction. Called by the writer.</summary>
    public void Collect(Statements statements, StoreRow store)
    {
        _found.Clear();
        if (store.Changes != _changes)
        {
            FindAppended(statements, store);
            FindChanged(statements);
        }
    }

    /// <summary>Returns the number of the last completion or deletion of any writer. Called by the writer, before the commit.</summary>
    public long ReadLastChanged(Statements statements, StoreRow store) =>
        store.Changes == _changes ? _changed : statements[LastChangedText].Number() ?? 0;

    /// <summary>Notes that what was found, and this process's own changes, are committed. Called by the writer.</summary>
    public void Committed(StoreRow store, long lastChanged)
    {
        _event = store.LastEvent;
        _changed = lastChanged;
        Interlocked.Exchange(ref _changes, store.Changes);
    }

    /// <summary>Adds a topic that the store itself has changed, such as by eviction. Called by the writer.</summary>
    public void Add(string topic) => _found.Add(topic);

    /// <summary>Calls the subscribers for what was found. Called by the writer, after the commit.</summary>
    public void Announce()
    {
        foreach (string? topic in _found)
        {
            AnnounceChange(topic);
        }

        _found.Clear();
    }

    /// <summary>Calls the subscribers.</summary>
    /// <param name="topic">The topic, or null for any.</param>
    public void AnnounceChange(string? topic)
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

    private void FindAppended(Statements statements, StoreRow store)
    {
        if (store.LastEvent == _event)
        {
            return;
        }

        // A hole: the events before this one were deleted before they were read, and their topics are not known.
        bool hasHole = statements[FirstAppendedText].Number(_event) != _event + 1;
        if (hasHole || store.LastEvent - _event > MaxEvents)
        {
            _found.Add(null);
            return;
        }

        using SqliteDataReader rows = statements[AppendedText].Query(_event, MaxTopics);
        AddNames(rows);
    }

    private void FindChanged(Statements statements)
    {
        long? first = statements[FirstChangedText].Number(_changed);
        if (first is null)
        {
            return;
        }

        // A hole, as of events.
        if (first != _changed + 1)
        {
            _found.Add(null);
            return;
        }

        using SqliteDataReader rows = statements[ChangedText].Query(_changed, MaxTopics);
        AddNames(rows);
    }

    private void AddNames(SqliteDataReader rows)
    {
        int count = 0;
        for (; rows.Read(); count++)
        {
            _found.Add(StoredName.Read(rows, 0));
        }

        if (count == MaxTopics)
        {
            _found.Add(null);
        }
    }

    private void Unsubscribe(Action<string?> topicChanged)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers.Where(each => each != topicChanged)];
        }
    }

    private sealed class Subscription(ForeignChanges changes, Action<string?> topicChanged) : IDisposable
    {
        public void Dispose() => changes.Unsubscribe(topicChanged);
    }

    private static partial class Log
    {
        [LoggerMessage(
            SqliteLogEvents.SubscriberFailed, LogLevel.Error, "Failed to notify a subscriber of a change; other subscribers are notified.")]
        public static partial void SubscriberFailed(ILogger logger, Exception exception);
    }
}
