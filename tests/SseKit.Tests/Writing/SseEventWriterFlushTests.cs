using System.IO.Pipelines;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Writing;

/// <summary>A client that is slow, or gone.</summary>
public sealed class SseEventWriterFlushTests
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 16, resumeWriterThreshold: 8));
    private readonly SseEventWriter _events;

    public SseEventWriterFlushTests() => _events = new SseEventWriter(_pipe.Writer);

    [Fact]
    public async Task A_write_waits_for_a_slow_client()
    {
        Task writing = _events.WriteAsync("longer than the pipe takes").AsTask();
        bool waited = !writing.IsCompleted;

        string read = await _pipe.Reader.ReadTextAsync();

        Assert.True(waited);
        await writing.OrTimeout();
        Assert.Equal("data: longer than the pipe takes\n\n", read);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_leaves_the_event_whole()
    {
        using var cancellation = new CancellationTokenSource();
        Task first = _events.WriteAsync("longer than the pipe takes", cancellation.Token).AsTask();
        Task second = _events.WriteAsync("second").AsTask();

        await cancellation.CancelAsync();
        Exception? exception = await Record.ExceptionAsync(() => first.OrTimeout());
        bool secondWaits = !second.IsCompleted;
        string readFirst = await _pipe.Reader.ReadTextAsync();
        await second.OrTimeout();
        string readSecond = await _pipe.Reader.ReadTextAsync();

        Assert.IsType<OperationCanceledException>(exception, exactMatch: false);
        Assert.True(secondWaits);
        Assert.Equal("data: longer than the pipe takes\n\n", readFirst);
        Assert.Equal("data: second\n\n", readSecond);
    }

    [Fact]
    public async Task Cancelling_before_the_lock_writes_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        Task first = _events.WriteAsync("longer than the pipe takes").AsTask();
        Task second = _events.WriteAsync("second", cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        Exception? exception = await Record.ExceptionAsync(() => second.OrTimeout());
        string readFirst = await _pipe.Reader.ReadTextAsync();
        await first.OrTimeout();
        await _events.WriteAsync("third").OrTimeout();
        string readThird = await _pipe.Reader.ReadTextAsync();

        Assert.IsType<OperationCanceledException>(exception, exactMatch: false);
        Assert.Equal("data: longer than the pipe takes\n\n", readFirst);
        Assert.Equal("data: third\n\n", readThird);
    }

    [Fact]
    public async Task A_cancelled_token_writes_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();

        Exception? exception = await Record.ExceptionAsync(async () => await _events.WriteAsync("first", cancellation.Token));
        await _events.WriteAsync("2").OrTimeout();

        Assert.IsType<OperationCanceledException>(exception, exactMatch: false);
        Assert.Equal("data: 2\n\n", await _pipe.Reader.ReadTextAsync());
    }

    [Fact]
    public async Task Every_write_to_a_reader_that_has_completed_throws()
    {
        await _pipe.Reader.CompleteAsync();

        Exception? first = await Record.ExceptionAsync(async () => await _events.WriteAsync("first"));
        Exception? second = await Record.ExceptionAsync(async () => await _events.WriteCommentAsync("second"));

        Assert.Contains("the reader has completed", Assert.IsType<IOException>(first).Message);
        Assert.Contains("the reader has completed", Assert.IsType<IOException>(second).Message);
    }

    [Fact]
    public async Task A_reader_that_completes_ends_all_waits()
    {
        Task first = _events.WriteAsync("longer than the pipe takes").AsTask();
        Task second = _events.WriteAsync("second").AsTask();

        await _pipe.Reader.CompleteAsync();

        await Assert.ThrowsAsync<IOException>(() => first.OrTimeout());
        await Assert.ThrowsAsync<IOException>(() => second.OrTimeout());
    }

    [Fact]
    public async Task The_pipe_is_not_completed_by_the_writer()
    {
        await _events.WriteAsync("tick");
        await _pipe.Reader.ReadTextAsync();

        bool hasMore = _pipe.Reader.TryRead(out _);

        Assert.False(hasMore);
    }
}
