using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;
using SseKit.Stores;

namespace SseKit.PostgreSql;

/// <summary>
/// Keeps events in PostgreSQL, for any number of servers. Rows are authoritative; notifications are hints. Clients have no connections of
/// their own: all followers and publishers share a few.
/// </summary>
internal sealed class PostgreSqlEventStore
    : ISseEventStore, ISseTopicChangeSource, ISseTopicLimits, ISseLeaseStore, ISseTransactionalEventStore, IAsyncDisposable, IDisposable
{
    /// <summary>
    /// The most connections in use at once: appends, reads, changes, leases, and one each for listening, notifying and upkeep.
    /// </summary>
    public const int MaxConnections =
        AppendQueue.Writers + AppendQueue.ContendedWriters + TopicReader.Readers + TopicChanges.Changers
        + Leases.Lanes + Leases.RenewalLanes + 3;

    private const int SenderLength = 12;

    private static readonly TimeSpan LockedTopicPause = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Database _database;
    private readonly AppendQueue _appends;
    private readonly TopicReader _reader;
    private readonly TopicChanges _changes;
    private readonly Leases _leases;
    private readonly ChangeListener _listener;
    private readonly string _channel;
    private readonly TimeProvider _time;

    public PostgreSqlEventStore(
        DataSource source, SsePostgreSqlEventStoreOptions options, TimeProvider time, ILogger logger, EvictedEvents? evicted = null)
    {
        string sender = RandomNumberGenerator.GetHexString(SenderLength, lowercase: true);
        _time = time;
        MaxEventsPerTopic = options.MaxEventsPerTopic;
        MaxBytesPerTopic = options.MaxBytesPerTopic;
        _channel = "ssekit " + options.Schema;
        _database = new Database(source, options);
        var notifier = new ChangeNotifier(_database, sender, _channel, time, logger, _stopping.Token);
        _appends = new AppendQueue(new Appender(_database, notifier, _stopping.Token).AppendAsync);
        _reader = new TopicReader(_database, _stopping.Token);
        _changes = new TopicChanges(_database, notifier, new SemaphoreSlim(TopicChanges.Changers), time);
        _leases = new Leases(_database, new SemaphoreSlim(Leases.Lanes), new SemaphoreSlim(Leases.RenewalLanes));
        _listener = new ChangeListener(_database, notifier, sender, _channel, options.PollInterval, time, logger, _stopping.Token);
        Evicted = evicted ?? new EvictedEvents();
        Upkeep = new Upkeep(_database, Evicted, options, time, logger, _stopping.Token);
        Upkeep.Start();
    }

    /// <summary>Deletes events beyond the bounds.</summary>
    public Upkeep Upkeep { get; }

    public EvictedEvents Evicted { get; }

    /// <summary>The number of pages read from the database.</summary>
    public long PagesRead => _reader.PagesRead;

    public bool ReceivesNotifications => _listener.ReceivesNotifications;

    public long MaxEventsPerTopic { get; }

    public long MaxBytesPerTopic { get; }

    public ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
        return _appends.AppendAsync(new PendingAppend(request), cancellationToken);
    }

    /// <summary>
    /// Appends events within a transaction of the app. They become visible with the commit, in commit order: the topic's row is locked
    /// until then.
    /// </summary>
    public async ValueTask<SseAppendResult> AppendAsync(
        DbTransaction transaction, SseAppendRequest request, CancellationToken cancellationToken)
    {
        if (transaction is not NpgsqlTransaction own)
        {
            throw new ArgumentException(
                $"The transaction is a {transaction.GetType().Name}, but must be an NpgsqlTransaction for the PostgreSQL store.",
                nameof(transaction));
        }

        // Throws if the transaction has ended. Its connection would otherwise append outside of it, and commit at once.
        _ = own.IsolationLevel;
        NpgsqlConnection connection = own.Connection!;
        await _database.EnsureReadyAsync(cancellationToken);
        byte[] name = TopicKey.Encode(request.Topic);
        AppendOutcome outcome = await AppendWhenUnlockedAsync(connection, name, request, cancellationToken);
        if (outcome.Status == AppendStatus.TopicCompleted)
        {
            throw SseTopicCompletedException.ForTopic(request.Topic);
        }

        if (outcome.Status == AppendStatus.EpochStale)
        {
            throw SseStaleEpochException.ForTopic(request.Topic, request.ExpectedEpoch!);
        }

        // The sender is empty: followers on this server need the notification too, and not before the commit.
        await using var notify = new NpgsqlCommand("select pg_notify($1, $2)", connection)
        {
            Parameters = { new() { Value = _channel }, new() { Value = NotificationText.Write("", [name])[0] } },
        };
        await notify.ExecuteNonQueryAsync(cancellationToken);
        return new SseAppendResult { Position = outcome.Position, IsNew = outcome.Status == AppendStatus.Appended };
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);
        return new ValueTask<SseReadResult>(_reader.ReadAsync(topic, after, maxEvents, cancellationToken));
    }

    public async ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(
        IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        await _reader.GetStatesAsync(topics, cancellationToken);

    public ValueTask CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        new(_changes.CompleteAsync(topic, status, expected, cancellationToken));

    public ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        new(_changes.DeleteAsync(topic, expectedEpoch, cancellationToken));

    public IDisposable Subscribe(Action<string?> topicChanged) => _listener.Subscribe(topicChanged);

    public ValueTask<SseLeaseResult> TryAcquireLeaseAsync(
        string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) =>
        new(_leases.TryAcquireAsync(topic, owner, duration, cancellationToken));

    public ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
        IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken) =>
        new(_leases.TryRenewAsync(leases, cancellationToken));

    public ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken) =>
        new(_leases.ReleaseAsync(topic, owner, cancellationToken));

    public ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken) =>
        new(_leases.GetOwnerAsync(topic, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _database.Dispose();
    }

    // Containers that are disposed synchronously call this one.
    public void Dispose()
    {
        _stopping.Cancel();
        _database.Dispose();
    }

    private async Task<AppendOutcome> AppendWhenUnlockedAsync(
        NpgsqlConnection connection, byte[] name, SseAppendRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            AppendOutcome[] outcomes = await AppendStatement.ExecuteAsync(
                _database, connection, [name], [1], [new PendingAppend(request)], skip: false, timeout: null, cancellationToken);
            if (outcomes[0].Status != AppendStatus.TopicLocked)
            {
                return outcomes[0];
            }

            await Task.Delay(LockedTopicPause, _time, cancellationToken);
        }
    }
}
