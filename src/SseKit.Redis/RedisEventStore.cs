using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using SseKit.PostgreSql;
using SseKit.Stores;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Keeps events in Redis, for any number of servers. Keys are authoritative; notifications are hints. All followers and publishers of a
/// server share one connection, which no call blocks.
/// </summary>
internal sealed class RedisEventStore
    : ISseEventStore, ISseTopicChangeSource, ISseTopicLimits, ISseLeaseStore, IAsyncDisposable, IDisposable
{
    private const int SenderLength = 12;

    private readonly CancellationTokenSource _stopping = new();
    private readonly RedisConnection _connection;
    private readonly AppendQueue _appends;
    private readonly TopicReader _reader;
    private readonly TopicChanges _changes;
    private readonly LeaseScripts _leases;
    private readonly ChangeListener _listener;

    public RedisEventStore(
        RedisConnection connection, SseRedisEventStoreOptions options, TimeProvider time, ILogger logger, EvictedEvents? evicted = null)
    {
        Evicted = evicted ?? new EvictedEvents();
        string sender = RandomNumberGenerator.GetHexString(SenderLength, lowercase: true);
        MaxEventsPerTopic = options.MaxEventsPerTopic;
        MaxBytesPerTopic = options.MaxBytesPerTopic;
        _connection = connection;
        var keys = new KeySpace(options.KeyPrefix);
        var scripts = new ScriptRunner(connection, time);
        var arguments = new TopicArguments(keys, options, sender, connection.ChannelPrefix + keys.Channel);
        _appends = new AppendQueue(
            topic => keys.OfTopic(topic).Bucket,
            () => connection.IsCluster,
            new Appender(scripts, arguments, Evicted, _stopping.Token).AppendAsync);
        _reader = new TopicReader(scripts, arguments, new NodeLanes(connection), _stopping.Token);
        _changes = new TopicChanges(scripts, arguments);
        _leases = new LeaseScripts(scripts, keys);
        _listener = new ChangeListener(
            connection,
            new ChangePoll(scripts, keys, arguments, time, _stopping.Token),
            sender,
            RedisChannel.Literal(keys.Channel),
            options.PollInterval,
            time,
            logger,
            _stopping.Token);
        Upkeep = new Upkeep(connection, scripts, keys, arguments, Evicted, options, time, logger, _stopping.Token);
        Upkeep.Start();
        new ServerCheck(scripts, time, logger, _stopping.Token).Start();
    }

    /// <summary>Deletes old events and unused topics.</summary>
    public Upkeep Upkeep { get; }

    public EvictedEvents Evicted { get; }

    /// <summary>The number of pages read from Redis.</summary>
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
        await _connection.DisposeAsync();
    }

    // Containers that are disposed synchronously call this one.
    public void Dispose()
    {
        _stopping.Cancel();
        _connection.Dispose();
    }
}
