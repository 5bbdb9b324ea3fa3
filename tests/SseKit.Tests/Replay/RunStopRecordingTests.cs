using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>What a handler has written before the app stops its run is recorded.</summary>
public sealed class RunStopRecordingTests : ReplayTest
{
    private const int Events = 50;

    private readonly Signal _mayWrite = new();
    private readonly Signal _written = new();
    private readonly Signal _stopped = new();
    private readonly Signal _mayStore = new();
    private readonly Signal _mayReturn = new();
    private int _last;

    private ISseRuns Service => App.Services.GetRequiredService<ISseRuns>();

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Stop_records_what_the_handler_has_written(bool hasLeases, bool hasHead)
    {
        await StartWritingAppAsync(hasLeases);
        Store.Flush = hasHead ? null : () => _mayStore.WaitAsync(CancellationToken.None);
        StreamClient client = await StreamClient.OpenAsync(Client, "/fifty");
        if (hasHead)
        {
            await TestTimeout.UntilAsync(async () => (await StateAsync()).Latest.Sequence > 0);
            Store.Flush = () => _mayStore.WaitAsync(CancellationToken.None);
        }

        _mayWrite.Set();
        await _written.WaitAsync();
        Task<bool> stopping = Service.StopAsync(Topic).AsTask();
        await _stopped.WaitAsync();
        bool second = await Service.StopAsync(Topic);
        _mayStore.Set();

        Assert.True(await stopping.OrTimeout());
        Assert.False(second);
        await AssertCompleteAsync();
        Assert.Equal(Numbers(1, Events), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Stop_records_events_that_wait_for_readers()
    {
        await StartWritingAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = Events + 10);
        StreamClient client = await StreamClient.OpenAsync(Client, "/fifty");
        await client.DisposeAsync();
        await TestTimeout.UntilAsync(() => Runs.Find(Topic) is { Followers: 0 });
        _mayWrite.Set();
        await _written.WaitAsync();

        Assert.True(await Service.StopAsync(Topic).OrTimeout());

        await AssertCompleteAsync();
    }

    [Fact]
    public async Task Stop_during_an_outage_records_events_when_it_is_over()
    {
        await StartWritingAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/fifty");
        Store.Break();
        _mayWrite.Set();
        await _written.WaitAsync();
        await TestTimeout.UntilAsync(() => Store.Refusals > 0);
        Task<bool> stopping = Service.StopAsync(Topic).AsTask();
        await _stopped.WaitAsync();
        int refusals = Store.Refusals;
        await TestTimeout.UntilAsync(() => Store.Refusals > refusals + 1);

        Store.Repair();

        Assert.True(await stopping.OrTimeout());
        await AssertCompleteAsync();
        Assert.Equal(Numbers(1, Events), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task The_callers_token_ends_a_stop_while_the_store_hangs()
    {
        await StartWritingAppAsync();
        await StreamClient.OpenAsync(Client, "/fifty");
        Store.Flush = () => _mayStore.WaitAsync(CancellationToken.None);
        _mayWrite.Set();
        await _written.WaitAsync();
        using var leaves = new CancellationTokenSource();
        Task<bool> stopping = Service.StopAsync(Topic, leaves.Token).AsTask();
        await _stopped.WaitAsync();

        await leaves.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopping.OrTimeout());
        _mayStore.Set();
        await RunIsOverAsync();
        await AssertCompleteAsync();
    }

    // The handler ignores its token. Its last event before the stop is incomplete.
    [Fact]
    public async Task Stop_ends_the_recording_of_a_handler_that_continues()
    {
        await StartReplayAppAsync(endpoints: app => app.MapGet("/endless", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\ndata: 2\n", CancellationToken.None);
            _written.Set();
            await _mayWrite.WaitAsync(CancellationToken.None);
            while (!_mayReturn.IsSet)
            {
                await context.Response.WriteAsync("\ndata: more\n", CancellationToken.None);
                await Task.Yield();
            }
        }).WithSseReplay(Topic));
        StreamClient client = await StreamClient.OpenAsync(Client, "/endless");
        await _written.WaitAsync();

        Assert.True(await Service.StopAsync(Topic).OrTimeout());
        _mayWrite.Set();

        Assert.Equal(["1"], await client.ReadToEndAsync());
        Assert.False(await Service.IsRunningAsync(Topic));
        _mayReturn.Set();
        await RunIsOverAsync();
        Assert.Equal(["1"], (await Publisher.ReadAsync(Topic).ToListAsync()).Select(item => item.Data));
    }

    [Fact]
    public async Task Stop_while_the_handler_writes_loses_no_event()
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/fast", async (SseEventWriter events, CancellationToken ct) =>
        {
            for (int i = 1; ; i++)
            {
                await events.WriteAsync(Number(i), ct);
                Volatile.Write(ref _last, i);
            }
        }).WithSseReplay(Topic));
        StreamClient client = await StreamClient.OpenAsync(Client, "/fast");
        await client.TakeAsync(100);

        int before = Volatile.Read(ref _last);
        Assert.True(await Service.StopAsync(Topic).OrTimeout());

        int[] held = [.. (await Publisher.ReadAsync(Topic).ToListAsync()).Select(
            item => int.Parse(item.Data, System.Globalization.CultureInfo.InvariantCulture))];
        Assert.Equal(Enumerable.Range(held[0], held.Length), held);
        Assert.InRange(held[^1], before, int.MaxValue);
    }

    private async Task AssertCompleteAsync()
    {
        Assert.Equal(Numbers(1, Events), (await Publisher.ReadAsync(Topic).ToListAsync()).Select(item => item.Data));
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
        Assert.DoesNotContain(Logs.Records, record => record.Level >= LogLevel.Error);
    }

    private Task StartWritingAppAsync(bool hasLeases = false, Action<SseInMemoryEventStoreOptions>? bounds = null) => StartReplayAppAsync(
        endpoints: app => app.MapSse("/fifty", async (SseEventWriter events, CancellationToken ct) =>
        {
            using CancellationTokenRegistration stopped = ct.Register(_stopped.Set);
            await _mayWrite.WaitAsync(ct);
            foreach (string number in Numbers(1, Events))
            {
                await events.WriteAsync(number, ct);
            }

            _written.Set();
            await Task.Delay(Timeout.Infinite, ct);
        }).WithSseReplay(Topic),
        services: builder => _ = hasLeases
            ? builder.Services.AddSingleton<ISseEventStore>(new LeasedEventStore(Store))
            : builder.Services,
        bounds: bounds);
}
