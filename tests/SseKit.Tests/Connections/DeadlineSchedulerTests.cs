using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class DeadlineSchedulerTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTimeProvider _time = new();
    private readonly LogCapture _logs = new();
    private readonly DeadlineScheduler _schedule;

    public DeadlineSchedulerTests() => _schedule = new DeadlineScheduler(_time, _logs.CreateLogger("SseKit"));

    public void Dispose()
    {
        _schedule.Dispose();
        _logs.Dispose();
    }

    [Fact]
    public void A_target_is_called_at_each_time_it_requests()
    {
        var target = new Target(_time, Second);

        _schedule.Add(target, After(Second));
        _time.Advance(3.5 * Second);

        Assert.Equal([After(-2.5 * Second), After(-1.5 * Second), After(-0.5 * Second)], target.Calls);
    }

    [Fact]
    public void A_target_that_requests_no_further_call_gets_none()
    {
        var target = new Target(_time, Timeout.InfiniteTimeSpan);

        _schedule.Add(target, After(Second));
        _time.Advance(10 * Second);

        Assert.Single(target.Calls);
    }

    // A timer cannot wait for so long. What it throws while it fires ends the process.
    [Fact]
    public void A_target_that_is_due_in_years_is_called_then()
    {
        TimeSpan years = TimeSpan.FromDays(1000);
        var target = new Target(_time, years);

        _schedule.Add(target, After(years));
        _time.Advance(2.5 * years);

        Assert.Equal([After(-1.5 * years), After(-0.5 * years)], target.Calls);
    }

    [Fact]
    public void A_target_moved_to_an_earlier_time_is_called_once()
    {
        var target = new Target(_time, Timeout.InfiniteTimeSpan);

        ScheduledEntry entry = _schedule.Add(target, After(5 * Second));
        _schedule.Advance(entry, After(Second));
        _time.Advance(10 * Second);

        Assert.Equal([After(-9 * Second)], target.Calls);
    }

    [Fact]
    public void A_later_time_changes_nothing()
    {
        var target = new Target(_time, Timeout.InfiniteTimeSpan);

        ScheduledEntry entry = _schedule.Add(target, After(Second));
        _schedule.Advance(entry, After(5 * Second));
        _time.Advance(Second);

        Assert.Single(target.Calls);
    }

    [Fact]
    public void A_target_that_is_removed_is_not_called()
    {
        var target = new Target(_time, Second);

        ScheduledEntry entry = _schedule.Add(target, After(Second));
        _schedule.Remove(entry);
        _schedule.Advance(entry, After(Second));
        _time.Advance(10 * Second);

        Assert.Empty(target.Calls);
    }

    [Fact]
    public void A_target_that_throws_does_not_affect_others()
    {
        var before = new Target(_time, Second);
        var after = new Target(_time, Second);

        _schedule.Add(before, After(Second));
        _schedule.Add(new Thrower(), After(Second));
        _schedule.Add(after, After(Second));
        _time.Advance(3 * Second);

        Assert.Equal((3, 3), (before.Calls.Count, after.Calls.Count));
        LogRecord error = Assert.Single(_logs.Records);
        Assert.Equal((LogLevel.Error, "The target's own fault."), (error.Level, error.Exception?.Message));
    }

    [Fact]
    public void Entries_of_removed_targets_do_not_accumulate()
    {
        for (int i = 0; i < 10_000; i++)
        {
            ScheduledEntry entry = _schedule.Add(new Target(_time, Second), After(Second));
            _schedule.Remove(entry);
        }

        Assert.InRange(_schedule.Places, 0, 1100);
    }

    [Fact]
    public void Compaction_keeps_all_targets()
    {
        Target[] kept = [.. Enumerable.Range(0, 100).Select(_ => new Target(_time, Second))];
        foreach (Target target in kept)
        {
            _schedule.Add(target, After(Second));
            for (int i = 0; i < 100; i++)
            {
                _schedule.Remove(_schedule.Add(new Target(_time, Second), After(Second)));
            }
        }

        _time.Advance(2 * Second);

        Assert.All(kept, target => Assert.Equal(2, target.Calls.Count));
    }

    [Fact]
    public void A_disposed_scheduler_calls_no_target()
    {
        var target = new Target(_time, Second);
        _schedule.Add(target, After(Second));

        _schedule.Dispose();
        _time.Advance(10 * Second);

        Assert.Empty(target.Calls);
    }

    private long After(TimeSpan time) => _time.GetTimestamp() + time.Ticks;

    private sealed class Target(TimeProvider time, TimeSpan interval) : IScheduled
    {
        public List<long> Calls { get; } = [];

        public long OnDue(long now)
        {
            Calls.Add(time.GetTimestamp());
            return interval == Timeout.InfiniteTimeSpan ? DeadlineScheduler.Never : now + interval.Ticks;
        }
    }

    private sealed class Thrower : IScheduled
    {
        public long OnDue(long now) => throw new InvalidOperationException("The target's own fault.");
    }
}
