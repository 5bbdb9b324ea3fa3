using SseKit.Replay;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class RunPaceTests : ISseTopicLimits, IDisposable
{
    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly RunPace _pace;
    private bool _isFollowedElsewhere;
    private int _looks;
    private long _sequence;

    public void Dispose() => _stopping.Dispose();

    public RunPaceTests() => _pace = new RunPace(this, WriteTimeout, _time);

    public long MaxEventsPerTopic { get; init; } = 20;

    public long MaxBytesPerTopic { get; init; } = 800;

    [Fact]
    public async Task A_run_waits_for_the_slowest_reader()
    {
        RunReader slow = _pace.Join();
        RunReader fast = _pace.Join();
        Append(events: 10);
        fast.Advanced(At(10));

        Task next = WaitAsync();
        Assert.False(next.IsCompleted);
        fast.Advanced(At(10));
        Assert.False(next.IsCompleted);
        slow.Advanced(At(1));

        await next.OrTimeout();
    }

    [Fact]
    public async Task A_run_waits_for_bytes_as_for_events()
    {
        RunReader reader = _pace.Join();
        Append(events: 3, bytes: 100);

        await WaitAsync(bytes: 100).OrTimeout();
        Task next = WaitAsync(bytes: 101);
        Assert.False(next.IsCompleted);
        reader.Advanced(At(1));

        await next.OrTimeout();
    }

    [Fact]
    public async Task An_event_beyond_the_limits_passes_if_all_is_received()
    {
        RunReader reader = _pace.Join();
        Append(events: 2);
        reader.Advanced(At(2));

        await WaitAsync(events: 21, bytes: 5_000).OrTimeout();
    }

    [Fact]
    public async Task A_reader_without_progress_slows_for_the_write_timeout_only()
    {
        RunReader stuck = _pace.Join();
        RunReader other = _pace.Join();
        Append(events: 10);
        other.Advanced(At(9));
        Task next = WaitAsync();
        await _time.TimerArmedAsync(WriteTimeout);

        _time.Advance(WriteTimeout);
        await next.OrTimeout();
        Append(events: 9);
        Task later = WaitAsync();
        Assert.False(later.IsCompleted);
        other.Advanced(At(10));
        await later.OrTimeout();

        stuck.Advanced(At(5));
        Assert.False(WaitAsync().IsCompleted);
    }

    [Fact]
    public async Task A_reader_that_leaves_no_longer_slows_a_run()
    {
        RunReader slow = _pace.Join();
        RunReader fast = _pace.Join();
        Append(events: 10);
        fast.Advanced(At(10));
        Task next = WaitAsync();

        _pace.Leave(slow);

        await next.OrTimeout();
    }

    [Fact]
    public async Task Without_readers_a_run_waits_at_the_limits_for_one()
    {
        RunReader first = _pace.Join();
        Append(events: 4);
        first.Advanced(At(3));
        _pace.Leave(first);
        Append(events: 9);
        Task next = WaitAsync();
        Assert.False(next.IsCompleted);

        _pace.Join().Advanced(At(4));

        await next.OrTimeout();
    }

    [Fact]
    public async Task A_run_that_only_other_servers_follow_is_not_slowed()
    {
        Append(events: 10);
        Task next = WaitAsync();
        await _time.TimerArmedAsync(TimeSpan.FromSeconds(5));

        _isFollowedElsewhere = true;
        _time.Advance(TimeSpan.FromSeconds(5));

        await next.OrTimeout();
    }

    [Fact]
    public async Task Followers_of_other_servers_are_looked_for_once_an_interval()
    {
        _isFollowedElsewhere = true;
        Append(events: 10);
        for (int i = 0; i < 5; i++)
        {
            await WaitAsync().OrTimeout();
            Append(events: 1);
        }

        int looks = _looks;
        _time.Advance(TimeSpan.FromSeconds(5));
        await WaitAsync().OrTimeout();

        Assert.Equal((1, 2), (looks, _looks));
    }

    [Fact]
    public async Task A_stop_ends_the_wait()
    {
        Append(events: 10);
        Task next = WaitAsync();

        await _stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.OrTimeout());
    }

    [Fact]
    public async Task A_store_without_limits_slows_no_run()
    {
        var pace = new RunPace(limits: null, WriteTimeout, _time);
        pace.Join();
        pace.Appended(1_000_000, long.MaxValue);

        await pace.WaitAsync(1, 1, () => Task.FromResult(false), _stopping.Token).OrTimeout();
    }

    private void Append(int events, long bytes = 10)
    {
        for (int i = 0; i < events; i++)
        {
            _pace.Appended(++_sequence, bytes);
        }
    }

    private Task WaitAsync(int events = 1, long bytes = 10) => _pace.WaitAsync(events, bytes, LookAsync, _stopping.Token).AsTask();

    private Task<bool> LookAsync()
    {
        _looks++;
        return Task.FromResult(_isFollowedElsewhere);
    }

    private static SsePosition At(long sequence) => new("epoch", sequence);
}
