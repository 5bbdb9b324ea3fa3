using System.IO.Pipelines;
using SseKit.Tests.Infrastructure;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

public sealed class ItemLoopTests
{
    private readonly MemoryPipeWriter _pipe = new();
    private readonly StreamOutput _output;
    private readonly ItemLoop<string> _loop;

    public ItemLoopTests()
    {
        _output = new StreamOutput(_pipe, EventSize.Default);
        _loop = new ItemLoop<string>(_output, (item, flush) => _output.Write(new PlainTextEvent(item), flush, CancellationToken.None));
    }

    [Fact]
    public async Task A_source_is_not_disposed_during_a_step()
    {
        var resumed = new TaskCompletionSource();
        bool stepEnded = false;

        Task running = _loop.RunAsync(EndThenWork(), CancellationToken.None).AsTask();
        bool waits = !running.IsCompleted;
        resumed.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.OrTimeout());
        Assert.True(waits);
        Assert.True(stepEnded);

        async IAsyncEnumerable<string> EndThenWork()
        {
            yield return "one";
            _output.End();
            await resumed.Task;
            stepEnded = true;
            yield return "two";
        }
    }

    [Fact]
    public async Task A_sources_own_writes_are_between_its_items()
    {
        await _loop.RunAsync(WriteBetween(), CancellationToken.None);

        Assert.Equal("data: one\n\n: between\ndata: two\n\n", _pipe.FlushedText);

        async IAsyncEnumerable<string> WriteBetween()
        {
            yield return "one";
            await _output.WriteAsync(new CommentFrame("between"), flush: true, CancellationToken.None);
            yield return "two";
        }
    }

    [Fact]
    public async Task An_item_is_sent_while_its_source_works_synchronously()
    {
        const int Steps = 5;
        int leftInTime = 0;

        await Task.Run(async () => await _loop.RunAsync(WorkUntilEachHasLeft(), CancellationToken.None)).OrTimeout();

        Assert.Equal(Steps, leftInTime);
        Assert.Equal(string.Concat(Enumerable.Repeat("data: work\n\n", Steps)), _pipe.FlushedText);

        async IAsyncEnumerable<string> WorkUntilEachHasLeft()
        {
            await Task.CompletedTask;
            for (int step = 0; step < Steps; step++)
            {
                int flushes = _pipe.Flushes;
                yield return "work";
                leftInTime += SpinWait.SpinUntil(() => _pipe.Flushes > flushes, TestTimeout.Limit) ? 1 : 0;
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_item_after_a_wait_is_sent_while_its_source_works(int pauseBefore)
    {
        const int Steps = 3;
        int leftInTime = 0;
        var resumed = new TaskCompletionSource();

        Task running = _loop.RunAsync(WorkUntilEachHasLeft(), CancellationToken.None).AsTask();
        await Task.Run(resumed.SetResult).OrTimeout();
        await running.OrTimeout();

        Assert.Equal(Steps - pauseBefore, leftInTime);

        async IAsyncEnumerable<string> WorkUntilEachHasLeft()
        {
            for (int step = 0; step < Steps; step++)
            {
                if (step == pauseBefore)
                {
                    await resumed.Task;
                }

                int flushes = _pipe.Flushes;
                yield return "work";
                leftInTime += resumed.Task.IsCompleted && SpinWait.SpinUntil(() => _pipe.Flushes > flushes, TestTimeout.Limit) ? 1 : 0;
            }
        }
    }

    [Fact]
    public async Task Items_before_a_cancellation_are_flushed()
    {
        using var cancellation = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _loop.RunAsync(CancelThenFail(), cancellation.Token).OrTimeout());

        Assert.Equal("data: one\n\n", _pipe.FlushedText);

        async IAsyncEnumerable<string> CancelThenFail()
        {
            await Task.CompletedTask;
            yield return "one";
            cancellation.Cancel();
            cancellation.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task The_failure_of_a_source_is_thrown_despite_a_cancelled_flush()
    {
        using var cancellation = new CancellationTokenSource();
        ItemLoop<string> loop = LoopTo(new Pipe(WaitingForReader).Writer);

        await Assert.ThrowsAsync<InvalidDataException>(() => loop.RunAsync(CancelThenFail(), cancellation.Token).OrTimeout());

        async IAsyncEnumerable<string> CancelThenFail()
        {
            await Task.CompletedTask;
            yield return "one";
            cancellation.Cancel();
            throw new InvalidDataException();
        }
    }

    [Fact]
    public async Task A_flush_that_fails_beside_its_source_is_observed()
    {
        const string Unread = "The reader of this test has failed.";
        using var unobserved = new UnobservedExceptions(Unread);
        var resumed = new TaskCompletionSource();
        var pipe = new Pipe(WaitingForReader);

        Task running = LoopTo(pipe.Writer).RunAsync(WaitThenFail(), CancellationToken.None).AsTask();
        await pipe.Reader.CompleteAsync(new IOException(Unread));
        resumed.SetResult();

        await Assert.ThrowsAsync<InvalidDataException>(() => running.OrTimeout());
        unobserved.AssertNone();

        async IAsyncEnumerable<string> WaitThenFail()
        {
            yield return "one";
            await resumed.Task;
            throw new InvalidDataException();
        }
    }

    private static PipeOptions WaitingForReader => new(pauseWriterThreshold: 1, resumeWriterThreshold: 1);

    private static ItemLoop<string> LoopTo(PipeWriter pipe)
    {
        var output = new StreamOutput(pipe, EventSize.Default);
        return new ItemLoop<string>(output, (item, flush) => output.Write(new PlainTextEvent(item), flush, CancellationToken.None));
    }
}
