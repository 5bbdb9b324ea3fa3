namespace SseKit.Tests.Infrastructure;

public sealed class ManualTimeProviderTests
{
    [Fact]
    public void Timers_fire_in_due_order_at_their_own_time()
    {
        var clock = new ManualTimeProvider();
        long start = clock.GetTimestamp();
        var fired = new List<(string Timer, double Seconds)>();
        using ITimer late = Timer("late", 3);
        using ITimer early = Timer("early", 1);
        using ITimer never = Timer("never", 9);

        clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal([("early", 1), ("late", 3)], fired);
        Assert.Equal(TimeSpan.FromSeconds(5), clock.GetElapsedTime(start));

        ITimer Timer(string name, int seconds) => clock.CreateTimer(
            _ => fired.Add((name, clock.GetElapsedTime(start).TotalSeconds)), null, TimeSpan.FromSeconds(seconds),
            Timeout.InfiniteTimeSpan);
    }

    [Theory]
    [InlineData(uint.MaxValue)]
    [InlineData(-2)]
    public void A_time_that_the_system_refuses_is_refused(long milliseconds)
    {
        var time = TimeSpan.FromMilliseconds(milliseconds);

        Assert.All([TimeProvider.System, new ManualTimeProvider()], clock =>
        {
            using ITimer timer = clock.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(time, Timeout.InfiniteTimeSpan));
            Assert.Throws<ArgumentOutOfRangeException>(() => timer.Change(TimeSpan.FromDays(1), time));
            Assert.Throws<ArgumentOutOfRangeException>(() => clock.CreateTimer(_ => { }, null, time, Timeout.InfiniteTimeSpan));
        });
    }

    [Fact]
    public void A_timer_rearmed_by_its_callback_fires_again()
    {
        var clock = new ManualTimeProvider();
        int fired = 0;
        ITimer? timer = null;
        timer = clock.CreateTimer(Fire, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);

        clock.Advance(TimeSpan.FromSeconds(3.5));

        Assert.Equal(3, fired);

        void Fire(object? state)
        {
            fired++;
            timer!.Change(TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    [Fact]
    public void A_periodic_timer_fires_until_it_is_disposed()
    {
        var clock = new ManualTimeProvider();
        int fired = 0;
        ITimer timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        clock.Advance(TimeSpan.FromSeconds(3));

        timer.Dispose();
        clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(3, fired);
    }

    [Fact]
    public async Task Cancellation_sources_and_delays_run_on_the_clock()
    {
        var clock = new ManualTimeProvider();
        using var source = new CancellationTokenSource(TimeSpan.FromSeconds(2), clock);
        Task delay = Task.Delay(TimeSpan.FromSeconds(2), clock);
        await clock.TimerArmedAsync(TimeSpan.FromSeconds(2));

        clock.Advance(TimeSpan.FromSeconds(2));

        Assert.True(source.IsCancellationRequested);
        await delay.OrTimeout();
    }

    [Fact]
    public async Task A_test_can_wait_for_a_later_timer()
    {
        var clock = new ManualTimeProvider();

        Task armed = clock.TimerArmedAsync(TimeSpan.FromSeconds(15));
        using ITimer other = clock.CreateTimer(_ => { }, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
        bool tooEarly = armed.IsCompleted;
        using ITimer timer = clock.CreateTimer(_ => { }, null, TimeSpan.FromSeconds(15), Timeout.InfiniteTimeSpan);

        Assert.False(tooEarly);
        await armed;
    }
}
