using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SseKit.Sqlite.Changes;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Reading;
using SseKit.Sqlite.Retention;
using SseKit.Sqlite.Writing;
using SseKit.Stores;

namespace SseKit.Sqlite;

/// <summary>
/// Keeps events in an SQLite file, which processes of one machine may share: one writer commits in groups, readers read beside it.
/// </summary>
internal sealed class SqliteEventStore
    : ISseEventStore, ISseTopicChangeSource, ISseTopicLimits, ISseLeaseStore, ISseTransactionalEventStore, IAsyncDisposable, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly DatabaseFile _file;
    private readonly ForeignChanges _foreign;
    private readonly WriteQueue _writes;
    private readonly ReadPool _reads;
    private readonly Outbox _outbox;
    private readonly ChangePoll _poll;
    private readonly TimeProvider _time;

    public SqliteEventStore(
        DatabaseFile file, SseSqliteEventStoreOptions options, TimeProvider time, ILogger logger, EvictedEvents? evicted = null)
    {
        Evicted = evicted ?? new EvictedEvents();
        MaxEventsPerTopic = options.MaxEventsPerTopic;
        MaxBytesPerTopic = options.MaxBytesPerTopic;
        _file = file;
        _time = time;
        _foreign = new ForeignChanges(logger);
        _writes = new WriteQueue(
            file, _foreign, connection => new WriteSession(connection, file.Prepare(), _foreign, Evicted, options, time), logger);
        _reads = new ReadPool(file, options, time);
        _outbox = new Outbox(file, options, time);
        _poll = new ChangePoll(file, _writes, _foreign, options.PollInterval, time, logger, _stopping.Token);
        Upkeep = new Upkeep(_writes, _foreign, options, time, logger, _stopping.Token);
    }

    public Upkeep Upkeep { get; }

    public EvictedEvents Evicted { get; }

    public WriteQueue Writes => _writes;

    /// <summary>Creates the file if it is missing, and checks that it can be used.</summary>
    public void Open() => _file.Prepare();

    public long MaxEventsPerTopic { get; }

    public long MaxBytesPerTopic { get; }

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken) =>
        _writes.RunAsync(transaction => TopicWrites.Append(transaction, request), request.Payloads.Count, cancellationToken);

    /// <summary>Appends events within a transaction of the app. The change poll announces them after the commit.</summary>
    /// <remarks>Runs on the caller's thread, as all statements of the app's connection do.</remarks>
    public ValueTask<SseAppendResult> AppendAsync(
        DbTransaction transaction, SseAppendRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        SseAppendResult result = _outbox.Append(transaction, request);
        Upkeep.CheckTopics();
        return ValueTask.FromResult(result);
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        return _reads.ReadAsync(session => session.Read(topic, after, maxEvents), cancellationToken);
    }

    public ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        _reads.ReadAsync(session => session.GetStates(topics), cancellationToken);

    public async ValueTask CompleteAsync(
        string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        await _writes.RunAsync(transaction => TopicWrites.Complete(transaction, topic, status, expected), cancellationToken);

    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        await _writes.RunAsync(transaction => TopicWrites.Delete(transaction, topic, expectedEpoch), cancellationToken);

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        IDisposable subscription = _foreign.Subscribe(topicChanged);
        _poll.Start();
        return subscription;
    }

    public ValueTask<SseLeaseResult> TryAcquireLeaseAsync(
        string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        _writes.RunAsync(transaction => Leases.TryAcquire(transaction, topic, owner, duration, _time), cancellationToken);

    public async ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken) =>
        await _writes.RunAsync(transaction => Leases.Renew(transaction, leases, _time), cancellationToken);

    public async ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken) =>
        await _writes.RunAsync(transaction => Leases.Release(transaction, topic, owner), cancellationToken);

    public ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken) =>
        _reads.ReadAsync(session => session.GetLeaseOwner(topic), cancellationToken);

    public async ValueTask DisposeAsync() => await Task.Run(Dispose);

    // Containers that are disposed without await take this one.
    public void Dispose()
    {
        _stopping.Cancel();
        _writes.Dispose();
        _poll.Join();
        _reads.Dispose();
        try
        {
            _file.Close();
        }
        catch (Exception exception) when (exception is IOException or SqliteException)
        {
            // The next process finds that this one did not close the file.
        }
    }
}
