using Microsoft.AspNetCore.Builder;
using SseKit.Connections;
using SseKit.StoreSpecification;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>The store fails over while a run writes.</summary>
public sealed class RunFailoverTests : FailoverTest
{
    private const string Topic = "run";

    private readonly ReplayFeed _feed = new();

    [Fact]
    public async Task A_run_continues_after_a_failover_without_loss()
    {
        await StartRunAppAsync();
        StreamClient live = await StreamClient.OpenAsync(Client, "/run");
        _feed.Write("1", "2");
        await live.TakeAsync(2);
        string second = live.LastEventId;

        Store.FailOver();
        Store.Notify(null);
        _feed.Write("3", "4");
        Assert.Equal(["3", "4"], await live.TakeAsync(2));
        StreamClient back = await StreamClient.OpenAsync(Client, "/run", second);
        _feed.Write("5");
        _feed.End();

        Assert.Equal(["3", "4", "5"], await back.ReadToEndAsync());
        Assert.Equal(["5"], await live.ReadToEndAsync());
        Assert.Equal(1, _feed.Runs);
    }

    [Fact]
    public async Task An_append_of_unknown_outcome_that_continued_the_log_is_repeated()
    {
        await StartRunAppAsync();
        StreamClient live = await StreamClient.OpenAsync(Client, "/run");
        _feed.Write("1");
        await live.TakeAsync(1);

        Store.FailOver();
        Store.FailureAfterAppend = new IOException("The connection broke.");
        _feed.Write("2");
        Assert.Equal(["2"], await live.TakeAsync(1));
        _feed.Write("3");
        _feed.End();

        Assert.Equal(["3"], await live.ReadToEndAsync());
    }

    // Clients before the fork would otherwise take an answer with a hole for a whole one.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_whose_events_were_lost_fails(bool writesMore)
    {
        StreamClient live = await FollowFailingRunAsync();

        Store.FailOver((Topic, 1));
        if (writesMore)
        {
            _feed.Write("4");
        }

        _feed.End();

        await AssertFailedAsync(live);
    }

    // No state that is read before the completion can show it.
    [Fact]
    public async Task A_run_whose_last_event_is_lost_right_before_its_completion_fails()
    {
        StreamClient live = await FollowFailingRunAsync();

        Store.BeforeCompletion = () => Store.FailOver((Topic, 1));
        _feed.End();

        await AssertFailedAsync(live);
    }

    [Fact]
    public async Task A_run_that_fails_marks_a_log_that_has_lost_events()
    {
        StreamClient live = await FollowFailingRunAsync();

        Store.BeforeCompletion = () => Store.FailOver((Topic, 2));
        _feed.End(new InvalidOperationException("The handler failed."));

        await AssertFailedAsync(live);
    }

    /// <summary>Follows a run that has written three events, and is to fail.</summary>
    private async Task<StreamClient> FollowFailingRunAsync()
    {
        Logs.ExpectError(record => record.Id.Id == LogEventIds.RunFailed);
        await StartRunAppAsync();
        StreamClient live = await StreamClient.OpenAsync(Client, "/run");
        _feed.Write("1", "2", "3");
        await live.TakeAsync(3);
        return live;
    }

    private async Task AssertFailedAsync(StreamClient live)
    {
        // The connection is aborted, possibly before its last bytes arrive, and never ends cleanly.
        await live.ReadToBreakAsync();
        SseTopicState state = await Store.GetStateAsync(Topic, CancellationToken.None);
        Assert.Equal(SseTopicStatus.Failed, state.Status);
    }

    private Task StartRunAppAsync() => StartFailoverAppAsync(
        app => app.MapSse("/run", (CancellationToken cancellationToken) => _feed.RunAsync(cancellationToken)).WithSseReplay(Topic));
}
