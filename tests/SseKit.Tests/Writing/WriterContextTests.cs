using System.IO.Pipelines;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Writing;

/// <summary>
/// Apps also write from synchronization contexts and task schedulers: Blazor Server, Orleans, user interfaces, test frameworks.
/// </summary>
public sealed class WriterContextTests
{
    // Every flush waits for the reader.
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
    private readonly SseEventWriter _events;

    public WriterContextTests() => _events = new SseEventWriter(_pipe.Writer);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_caller_that_blocks_its_context_can_write(bool usesScheduler, bool writesSeveral)
    {
        await BlockedContext.RunAsync(usesScheduler, () =>
        {
            Task writing = writesSeveral
                ? _events.WriteAllAsync(new[] { "one", "two" }).AsTask()
                : _events.WriteAsync("one").AsTask();
            StartReading();
            return writing.Wait(TestTimeout.Limit);
        });
    }

    [Theory]
    [MemberData(nameof(BlockedContext.Kinds), MemberType = typeof(BlockedContext))]
    public async Task A_context_that_waits_for_its_turn_may_be_blocked(bool usesScheduler)
    {
        Task first = _events.WriteAsync("one").AsTask();

        await BlockedContext.RunAsync(usesScheduler, () =>
        {
            Task writing = _events.WriteAsync("two").AsTask();
            StartReading();
            return writing.Wait(TestTimeout.Limit);
        });

        await first.OrTimeout();
    }

    [Theory]
    [MemberData(nameof(BlockedContext.Kinds), MemberType = typeof(BlockedContext))]
    public async Task A_context_that_has_ended_does_not_keep_the_lock(bool usesScheduler)
    {
        await BlockedContext.RunAsync(usesScheduler, () =>
        {
            _ = _events.WriteAsync("one").AsTask();
            return true;
        });
        StartReading();

        await _events.WriteAsync("two").OrTimeout();
    }

    private void StartReading() => _ = Task.Run(async () =>
    {
        while (true)
        {
            ReadResult read = await _pipe.Reader.ReadAsync();
            _pipe.Reader.AdvanceTo(read.Buffer.End);
        }
    });
}
