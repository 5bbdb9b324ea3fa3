using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

public sealed class SseFileLogGroupCommitTests : FileLogTest
{
    private readonly MemoryLogFiles _files = new();

    [Fact]
    public async Task A_publish_returns_and_is_seen_after_the_flush_that_covers_it()
    {
        SseFileEventStore store = Open(_files);
        SsePosition before = (await StateAsync(store, "topic")).Latest;
        (Signal reached, ManualResetEventSlim release) = HoldNextFlush();

        Task<SsePosition> publishing = AppendAsync(store, "topic", "a").AsTask();
        await reached.WaitAsync();

        Assert.False(publishing.IsCompleted);
        Assert.Equal(before, (await StateAsync(store, "topic")).Latest);
        Assert.Empty((await store.ReadAsync("topic", before, 10, default)).Events);
        release.Set();
        Assert.Equal(before with { Sequence = 1 }, await publishing.OrTimeout());
    }

    [Fact]
    public async Task Publishers_that_come_during_a_flush_share_the_next_one()
    {
        SseFileEventStore store = Open(_files);
        int before = _files.Flushes;
        (Signal reached, ManualResetEventSlim release) = HoldNextFlush();
        Task<SsePosition> first = AppendAsync(store, "first", "a").AsTask();
        await reached.WaitAsync();

        Task<SsePosition>[] others = [.. Enumerable.Range(0, 200).Select(i => AppendAsync(store, $"topic {i % 50}", $"{i}").AsTask())];
        release.Set();
        await Task.WhenAll([first, .. others]).OrTimeout();

        Assert.Equal(before + 2, _files.Flushes);
        Assert.Equal([1, 2, 3, 4], others.Select(each => each.Result.Sequence).Distinct());
    }

    [Fact]
    public async Task Everything_that_can_happen_to_a_topic_may_come_in_one_batch()
    {
        SseFileEventStore store = Open(_files);
        (Signal reached, ManualResetEventSlim release) = HoldNextFlush();
        Task<SsePosition> other = AppendAsync(store, "other", "x").AsTask();
        await reached.WaitAsync();

        Task<SsePosition> first = AppendAsync(store, "topic", "1", key: "key").AsTask();
        Task<SsePosition> known = AppendAsync(store, "topic", "1 again", key: "key").AsTask();
        Task completion = store.CompleteAsync("topic", SseTopicStatus.Failed, null, default).AsTask();
        Task<SsePosition> late = AppendAsync(store, "topic", "2").AsTask();
        Task<SsePosition> lateButKnown = AppendAsync(store, "topic", "1 once more", key: "key").AsTask();
        Task deletion = store.DeleteAsync("topic", null, default).AsTask();
        Task<SsePosition> anew = AppendAsync(store, "topic", "new", key: "key").AsTask();
        release.Set();

        await Task.WhenAll(other, first, known, completion, lateButKnown, deletion, anew).OrTimeout();
        await Assert.ThrowsAsync<SseTopicCompletedException>(() => late);
        Assert.Equal(await first, await known);
        Assert.Equal(await first, await lateButKnown);
        Assert.NotEqual((await first).Epoch, (await anew).Epoch);
        Assert.Equal("new", Text(Assert.Single(await HeldAsync(store, "topic"))));
        SseFileEventStore reopened = Open(_files.AfterPowerFailure());
        Assert.Equal(await StateAsync(store, "topic"), await StateAsync(reopened, "topic"));
        Assert.Equal("new", Text(Assert.Single(await HeldAsync(reopened, "topic"))));
    }

    [Fact]
    public async Task A_publish_that_is_cancelled_before_its_turn_leaves_nothing_behind()
    {
        SseFileEventStore store = Open(_files);
        (Signal reached, ManualResetEventSlim release) = HoldNextFlush();
        Task<SsePosition> first = AppendAsync(store, "topic", "1").AsTask();
        await reached.WaitAsync();
        using var cancellation = new CancellationTokenSource();
        Task<SseAppendResult> cancelled = store.AppendAsync("topic", Payload("never"), "key", null, cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.OrTimeout());
        release.Set();
        await first.OrTimeout();

        Assert.Equal(2, (await AppendAsync(store, "topic", "2", key: "key")).Sequence);
        Assert.Equal(["1", "2"], (await HeldAsync(store, "topic")).Select(Text));
    }

    private (Signal Reached, ManualResetEventSlim Release) HoldNextFlush()
    {
        var reached = new Signal();
        var release = new ManualResetEventSlim();
        _files.Flushing = () =>
        {
            _files.Flushing = null;
            reached.Set();
            Assert.True(release.Wait(TestTimeout.Patience));
        };
        return (reached, release);
    }
}
