using SseKit.Tests.Infrastructure;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

public sealed class WriteLockTests
{
    private readonly WriteLock _gate = new();

    [Fact]
    public async Task One_caller_is_inside_at_a_time()
    {
        Assert.True(_gate.TryEnter());
        Task next = _gate.EnterAsync(CancellationToken.None).AsTask();

        Assert.False(_gate.TryEnter());
        Assert.False(next.IsCompleted);

        _gate.Exit();
        await next.OrTimeout();
        Assert.False(_gate.TryEnter());

        _gate.Exit();
        Assert.True(_gate.TryEnter());
    }

    [Fact]
    public async Task Waiting_callers_enter_in_order()
    {
        List<int> entered = [];
        Assert.True(_gate.TryEnter());
        Task[] waiting = [.. Enumerable.Range(0, 10).Select(EnterAndLeaveAsync)];

        _gate.Exit();
        await Task.WhenAll(waiting).OrTimeout();

        Assert.Equal(Enumerable.Range(0, 10), entered);

        async Task EnterAndLeaveAsync(int number)
        {
            await _gate.EnterAsync(CancellationToken.None);
            entered.Add(number);
            _gate.Exit();
        }
    }

    [Fact]
    public async Task A_cancelled_wait_delays_no_other()
    {
        using var cancellation = new CancellationTokenSource();
        Assert.True(_gate.TryEnter());
        Task givesUp = _gate.EnterAsync(cancellation.Token).AsTask();
        Task waits = _gate.EnterAsync(CancellationToken.None).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givesUp.OrTimeout());
        Assert.False(waits.IsCompleted);

        _gate.Exit();
        await waits.OrTimeout();
        _gate.Exit();
        Assert.True(_gate.TryEnter());
    }

    [Fact]
    public async Task A_wait_ends_at_its_timeout()
    {
        Assert.True(_gate.IsFree);
        Assert.True(await _gate.TryEnterAsync(TimeSpan.Zero));
        Assert.False(_gate.IsFree);

        Assert.False(await _gate.TryEnterAsync(TimeSpan.FromMilliseconds(1)));
        Task<bool> patient = _gate.TryEnterAsync(TestTimeout.Limit).AsTask();
        _gate.Exit();

        Assert.True(await patient);
        _gate.Exit();
        Assert.True(_gate.IsFree);
    }

    [Fact]
    public async Task Cancelled_and_completed_waits_leave_the_lock_free()
    {
        const int People = 16;
        const int Turns = 2000;
        int inside = 0;
        int met = 0;

        await Task.WhenAll(Enumerable.Range(0, People).Select(seed => Task.Run(() => ComeAndGoAsync(new Random(seed))))).OrTimeout();

        Assert.Equal(0, met);
        Assert.True(_gate.TryEnter());

        async Task ComeAndGoAsync(Random random)
        {
            for (int turn = 0; turn < Turns; turn++)
            {
                using var cancellation = new CancellationTokenSource();
                ValueTask entering = _gate.EnterAsync(cancellation.Token);
                if (random.Next(2) == 0)
                {
                    // The lock may be passed on at this moment.
                    cancellation.Cancel();
                }

                try
                {
                    await entering;
                }
                catch (OperationCanceledException)
                {
                    continue;
                }

                met += Interlocked.Increment(ref inside) - 1;
                Interlocked.Decrement(ref inside);
                _gate.Exit();
            }
        }
    }
}
