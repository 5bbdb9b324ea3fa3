using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

/// <summary>
/// Timers and event handlers write without awaiting. An exception that the call itself throws there ends the process.
/// </summary>
public sealed class UnawaitedWriteTests : ServerTest
{
    private static readonly Dictionary<string, Func<SseEventWriter, ValueTask>> Writes = new()
    {
        ["text"] = events => events.WriteAsync("one"),
        ["value"] = events => events.WriteAsync(1),
        ["bytes"] = events => events.WriteAsync("one"u8.ToArray()),
        ["item"] = events => events.WriteAsync(new SseItem<int>(1)),
        ["metadata"] = events => events.WriteAsync(new Quote("ACME", 42.5m), QuoteJson.Default.Quote),
        ["comment"] = events => events.WriteCommentAsync("one"),
        ["id"] = events => events.WriteEventIdAsync("1"),
        ["retry"] = events => events.WriteRetryAsync(TimeSpan.FromSeconds(1)),
        ["several"] = events => events.WriteAllAsync(new[] { "one" }),
    };

    public static TheoryData<string> AllWrites => [.. Writes.Keys];

    [Theory]
    [MemberData(nameof(AllWrites))]
    public async Task A_write_after_the_end_is_a_cancelled_task(string write)
    {
        SseEventWriter? events = null;
        KestrelApp app = await StartAsync(app => app.MapSse("/", (SseEventWriter writer, CancellationToken cancellationToken) =>
        {
            events = writer;
            return Task.CompletedTask;
        }));
        await app.CreateClient().GetStringAsync("/").OrTimeout();

        Task writing = Writes[write](events!).AsTask();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing.OrTimeout());
        Assert.True(writing.IsCanceled);
    }

    [Theory]
    [MemberData(nameof(AllWrites))]
    public async Task A_write_to_a_pipe_without_reader_is_a_failed_task(string write)
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        var events = new SseEventWriter(pipe.Writer);

        ValueTask first = Writes[write](events);
        await Assert.ThrowsAsync<IOException>(() => first.OrTimeout());
        ValueTask second = Writes[write](events);
        await Assert.ThrowsAsync<IOException>(() => second.OrTimeout());
    }

    [Fact]
    public async Task A_value_that_cannot_be_serialized_fails_the_task()
    {
        var events = new SseEventWriter(new MemoryPipeWriter());

        ValueTask writing = events.WriteAsync(new FailingValue());

        await Assert.ThrowsAsync<InvalidDataException>(() => writing.OrTimeout());
    }

    [Fact]
    public async Task An_event_that_is_too_large_fails_the_task()
    {
        var events = new SseEventWriter(new MemoryPipeWriter());

        ValueTask writing = events.WriteAsync(new byte[EventSize.Default + 1]);

        await Assert.ThrowsAsync<ArgumentException>(() => writing.OrTimeout());
    }

    [Fact]
    public async Task A_callback_of_the_token_may_write()
    {
        var called = new Signal();
        KestrelApp app = await StartAsync(app => app.MapSse("/", async (events, cancellationToken) =>
        {
            await using (cancellationToken.Register(() =>
            {
                _ = events.WriteAsync("left").AsTask();
                called.Set();
            }))
            {
                await events.WriteAsync("one", cancellationToken);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
        }));

        using (StreamingResponse response = await app.CreateClient().OpenAsync("/"))
        {
            await response.ReadUntilAsync("data: one\n\n");
        }

        await called.WaitAsync();
    }

    private sealed class FailingValue
    {
        public int Number => throw new InvalidDataException("The value has no number.");
    }
}
