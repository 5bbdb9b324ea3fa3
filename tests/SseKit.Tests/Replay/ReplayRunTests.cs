using SseKit.Replay;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

public sealed class ReplayRunTests
{
    private static readonly TimeSpan StopAfter = TimeSpan.FromMinutes(5);

    private readonly ManualTimeProvider _time = new();
    private readonly ReplayRun _run;

    public ReplayRunTests() =>
        _run = new ReplayRun("topic", new RunPace(limits: null, StopAfter, _time), maxEventSize: 100, StopAfter, _time);

    [Fact]
    public void A_run_that_has_not_begun_is_not_stopped()
    {
        _run.Leave(_run.Join());

        _time.Advance(2 * StopAfter);

        Assert.False(_run.IsStopped);
    }

    [Fact]
    public void A_run_that_has_begun_is_stopped_without_followers()
    {
        _run.Begin();
        _run.Leave(_run.Join());

        _time.Advance(2 * StopAfter);

        Assert.Equal(RunStop.WithoutFollowers, _run.StopReason);
    }
}
