using System.Globalization;
using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Reads topics. Each read is one script, so that the state and the events are of one moment.</summary>
internal sealed class TopicReader
{
    // A page of large events must not fill the memory (I8).
    private const int MaxPageBytes = 1024 * 1024;
    private const int MaxPageEvents = 1024;

    // Numbers in Lua are exact up to this one.
    private const long MaxSequence = (1L << 53) - 1;

    private readonly ScriptRunner _scripts;
    private readonly TopicArguments _arguments;
    private readonly NodeLanes _lanes;
    private readonly SharedReads<TopicNames, SseTopicState[]> _states;
    private readonly SharedReads<(string Topic, SsePosition After, int MaxEvents), SseReadResult> _pages;
    private long _pagesRead;

    public TopicReader(ScriptRunner scripts, TopicArguments arguments, NodeLanes lanes, CancellationToken stopping)
    {
        _scripts = scripts;
        _arguments = arguments;
        _lanes = lanes;

        // Pages wait for the lane of their node. States are small, and span several nodes.
        var unlimited = new SemaphoreSlim(int.MaxValue);
        _states = new(ReadStatesAsync, unlimited, stopping);
        _pages = new(ReadPageAsync, unlimited, stopping);
    }

    /// <summary>The number of pages read from Redis.</summary>
    public long PagesRead => Interlocked.Read(ref _pagesRead);

    public Task<SseTopicState[]> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        _states.ReadAsync(new TopicNames(topics), cancellationToken);

    public Task<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        _pages.ReadAsync((topic, after, maxEvents), cancellationToken);

    private async Task<SseTopicState[]> ReadStatesAsync(TopicNames topics, CancellationToken cancellationToken)
    {
        RedisResult[] results = await Task.WhenAll(topics.Names.Select(topic =>
            _scripts.RunAsync(Script.State, _arguments.KeysOf(topic), _arguments.Of(topic, 0), cancellationToken)));
        return [.. results.Select(StateOf)];
    }

    // A read whose slot moves leaves the lane before it waits.
    private Task<SseReadResult> ReadPageAsync(
        (string Topic, SsePosition After, int MaxEvents) key, CancellationToken cancellationToken) =>
        _scripts.RepeatAsync(() => ReadPageInLaneAsync(key, cancellationToken), cancellationToken);

    private async Task<SseReadResult> ReadPageInLaneAsync(
        (string Topic, SsePosition After, int MaxEvents) key, CancellationToken cancellationToken)
    {
        RedisKey[] keys = _arguments.KeysOf(key.Topic);
        SemaphoreSlim lane = await _lanes.EnterAsync(keys[0], cancellationToken);
        try
        {
            return await ReadPageAsync(key, keys, cancellationToken);
        }
        finally
        {
            lane.Release();
        }
    }

    private async Task<SseReadResult> ReadPageAsync(
        (string Topic, SsePosition After, int MaxEvents) key, RedisKey[] keys, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pagesRead);
        SsePosition after = key.After;
        long sequence = after.Sequence is >= 0 and <= MaxSequence ? after.Sequence : -1;
        RedisValue[] values = _arguments.With(
            key.Topic, after.Epoch, sequence, Math.Min(key.MaxEvents, MaxPageEvents), MaxPageBytes);
        var results = (RedisResult[])(await _scripts.RunOnceAsync(Script.Read, keys, values, cancellationToken))!;
        var payloads = (RedisValue[])results[2]!;
        var events = new SseStoredEvent[payloads.Length];
        for (int i = 0; i < events.Length; i++)
        {
            events[i] = new SseStoredEvent { Sequence = sequence + 1 + i, Payload = payloads[i] };
        }

        return new SseReadResult { Status = (SseReadStatus)(int)results[1], Events = events, State = StateOf(results[0]) };
    }

    private static SseTopicState StateOf(RedisResult result)
    {
        var fields = (RedisResult[])result!;
        var state = new SseTopicState
        {
            Latest = new SsePosition((string)fields[0]!, (long)fields[1]),
            EarliestSequence = (long)fields[2],
            Status = (SseTopicStatus)(int)fields[3],
        };
        return (string)fields[4]! is { Length: > 0 } forks ? state with { Forks = ForksOf(forks) } : state;
    }

    // epoch-sequence,epoch-sequence,…
    private static SsePosition[] ForksOf(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(fork =>
        {
            int dash = fork.IndexOf('-', StringComparison.Ordinal);
            return new SsePosition(fork[..dash], long.Parse(fork.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture));
        })];
}
