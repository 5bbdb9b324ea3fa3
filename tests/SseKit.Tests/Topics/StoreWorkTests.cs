using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

public sealed class StoreWorkTests
{
    [Fact]
    public async Task Work_that_completes_at_once_is_not_waited_for()
    {
        using var token = new CancellationTokenSource();
        ValueTask<int> done = new StoreWork().RunAsync(7, static state => ValueTask.FromResult(state), token.Token);

        Assert.True(done.IsCompletedSuccessfully);
        Assert.Equal(7, await done);
    }

    [Fact]
    public async Task A_token_ends_the_wait_and_not_the_work()
    {
        var work = new StoreWork();
        var finish = new TaskCompletionSource<int>();
        var finished = new Signal();
        using var leaving = new CancellationTokenSource();
        Task<int> wait = work.RunAsync(finish.Task, state => FinishAsync(state), leaving.Token).AsTask();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.OrTimeout());
        Assert.False(finished.IsSet);
        finish.SetResult(1);

        await finished.WaitAsync();

        async ValueTask<int> FinishAsync(Task<int> task)
        {
            int result = await task;
            finished.Set();
            return result;
        }
    }

    [Fact]
    public async Task Work_whose_token_has_fired_never_begins()
    {
        int begun = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await new StoreWork().RunAsync(
            0, state => ValueTask.FromResult(++begun), new CancellationToken(canceled: true)));

        Assert.Equal(0, begun);
    }

    [Fact]
    public async Task Work_whose_callers_have_left_counts_until_it_is_done()
    {
        var work = new StoreWork(maxPending: 2);
        TaskCompletionSource<int>[] hanging = [new(), new()];
        using var leaving = new CancellationTokenSource();
        Task<int>[] left = [.. hanging.Select(each => Run(work, each.Task, leaving.Token))];
        await leaving.CancelAsync();
        await Task.WhenAll(left.Select(each => Assert.ThrowsAnyAsync<OperationCanceledException>(() => each.OrTimeout())));
        int begun = 0;

        using var leavingToo = new CancellationTokenSource();
        Task<int> cancelled = work.RunAsync(0, state => ValueTask.FromResult(++begun), leavingToo.Token).AsTask();
        Task<int> waiting = work.RunAsync(0, state => ValueTask.FromResult(++begun), CancellationToken.None).AsTask();
        await leavingToo.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.OrTimeout());
        Assert.False(waiting.IsCompleted);
        hanging[0].SetException(new IOException("The store failed."));

        Assert.Equal(1, await waiting.OrTimeout());
        hanging[1].SetResult(0);
        Assert.Equal(2, await work.RunAsync(0, state => ValueTask.FromResult(++begun), CancellationToken.None).OrTimeout());
    }

    private static Task<int> Run(StoreWork work, Task<int> task, CancellationToken cancellationToken) =>
        work.RunAsync(task, static state => new ValueTask<int>(state), cancellationToken).AsTask();
}
