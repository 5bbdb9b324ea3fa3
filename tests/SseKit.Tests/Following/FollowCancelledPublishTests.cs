using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>
/// A stored change is announced even if its caller was cancelled (I2). These tests have no later publish that would announce it.
/// </summary>
public sealed class FollowCancelledPublishTests : FollowTest
{
    private readonly Signal _flushing = new();
    private readonly Signal _flushed = new();
    private readonly Signal _callerLeft = new();

    [Fact]
    public async Task An_event_of_a_cancelled_publisher_reaches_all_followers()
    {
        await StartLeavingAppAsync();
        string before = (await Publisher.GetLastEventIdAsync("t"))!;
        StreamClient live = await FollowAsync("t");

        await LeaveWhileFlushingAsync("/publish");
        StreamClient resuming = await FollowAsync("t", before);
        _flushed.Set();

        Assert.Equal(["1"], await live.TakeAsync(1));
        Assert.Equal(["1"], await resuming.TakeAsync(1));
    }

    [Fact]
    public async Task A_cancelled_completion_ends_followers()
    {
        await StartLeavingAppAsync();
        await PublishNumbersAsync("t", 1, 1);
        StreamClient live = await FollowAsync("t");

        await LeaveWhileFlushingAsync("/complete");
        _flushed.Set();

        Assert.Empty(await live.ReadToEndAsync());
    }

    [Fact]
    public async Task A_cancelled_deletion_is_reported_as_a_gap()
    {
        await StartLeavingAppAsync();
        await PublishNumbersAsync("t", 1, 1);
        StreamClient live = await FollowAsync("t");

        await LeaveWhileFlushingAsync("/delete");
        _flushed.Set();

        Assert.Equal("ssekit.gap", (await live.NextAsync()).EventType);
    }

    [Theory]
    [InlineData("/complete")]
    [InlineData("/delete")]
    public async Task Followers_read_the_store_after_an_unknown_outcome(string path)
    {
        await StartLeavingAppAsync();
        await PublishNumbersAsync("t", 1, 1);
        StreamClient live = await FollowAsync("t");

        Store.AfterChange = () => throw new IOException("The answer got lost.");
        ValueTask change = path == "/complete" ? Publisher.CompleteAsync("t") : Publisher.DeleteAsync("t");
        await Assert.ThrowsAsync<IOException>(() => change.AsTask());

        SseItem<string>? next = await live.TryNextAsync();
        Assert.Equal(path == "/complete" ? null : "ssekit.gap", next?.EventType);
    }

    [Fact]
    public async Task A_publish_whose_token_has_fired_stores_nothing()
    {
        await StartLeavingAppAsync();
        string before = (await Publisher.GetLastEventIdAsync("t"))!;
        var fired = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Publisher.PublishAsync("t", "1", cancellationToken: fired).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Publisher.CompleteAsync("t", fired).AsTask());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Publisher.DeleteAsync("t", fired).AsTask());

        Assert.Equal(before, await Publisher.GetLastEventIdAsync("t"));
        Assert.Equal(SseTopicStatus.Open, (await Store.GetStateAsync("t", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Stored_events_of_cancelled_publishers_reach_a_live_follower()
    {
        const int Publishes = 300;
        await StartLeavingAppAsync();
        StreamClient live = await FollowAsync("t");
        Store.Flush = async () => await Task.Yield();
        Store.AfterAppend = async () => await Task.Yield();

        await Task.WhenAll(Enumerable.Range(1, Publishes).Select(number => Task.Run(() => PublishAndLeaveAsync(number))));

        long stored = 0;
        for (string? last = null; (last = await Publisher.GetLastEventIdAsync("t")) != live.LastEventId;)
        {
            stored += (await live.TakeAsync(1)).Length;
        }

        Assert.InRange(stored, 1, Publishes);
        Assert.True(SsePosition.TryParse(live.LastEventId, out SsePosition position));
        Assert.Equal(stored, position.Sequence);
    }

    // Cancels at some moment before, during or after the publish.
    private async Task PublishAndLeaveAsync(int number)
    {
        using var leaving = new CancellationTokenSource();
        Task publish = Task.Run(() => Publisher.PublishAsync("t", Number(number), cancellationToken: leaving.Token).AsTask());
        for (int i = 0; i < number % 4; i++)
        {
            await Task.Yield();
        }

        await leaving.CancelAsync();
        await publish.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private Task StartLeavingAppAsync() => StartFollowAppAsync(endpoints: app =>
    {
        app.MapPost("/publish", (CancellationToken ct) => WatchAsync(Publisher.PublishAsync("t", "1", cancellationToken: ct).AsTask()));
        app.MapPost("/complete", (CancellationToken ct) => WatchAsync(Publisher.CompleteAsync("t", ct).AsTask()));
        app.MapPost("/delete", (CancellationToken ct) => WatchAsync(Publisher.DeleteAsync("t", ct).AsTask()));
    });

    private async Task<IResult> WatchAsync(Task change)
    {
        try
        {
            await change;
        }
        catch (OperationCanceledException)
        {
            _callerLeft.Set();
        }

        return Results.NoContent();
    }

    // Returns when the caller has left, and the store has not committed yet.
    private async Task LeaveWhileFlushingAsync(string path)
    {
        Store.Flush = () =>
        {
            _flushing.Set();
            return _flushed.WaitAsync(CancellationToken.None);
        };
        RawConnection caller = await App.ConnectAsync();
        await caller.SendAsync($"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n");
        await _flushing.WaitAsync();
        caller.Dispose();
        await _callerLeft.WaitAsync();
        Store.Flush = null;
    }
}
