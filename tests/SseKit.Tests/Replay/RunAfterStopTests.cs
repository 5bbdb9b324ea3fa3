using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>Another run of a topic whose run was stopped.</summary>
public sealed class RunAfterStopTests : ReplayTest
{
    private readonly Signal _mayEnd = new();
    private int _handlers;

    private ISseRuns Service => App.Services.GetRequiredService<ISseRuns>();

    [Fact]
    public async Task A_stopped_run_that_was_deleted_is_forgotten()
    {
        await StartReplayAppAsync(endpoints: app => app.MapSse("/again", async (SseEventWriter events, CancellationToken ct) =>
        {
            await events.WriteAsync(Number(Interlocked.Increment(ref _handlers)), ct);
            await Task.Delay(Timeout.Infinite, ct);
        }).WithSseReplay(Topic));
        StreamClient first = await StreamClient.OpenAsync(Client, "/again");
        await first.TakeAsync(1);

        await Service.StopAsync(Topic);
        await Publisher.DeleteAsync(Topic);
        StreamClient second = await StreamClient.OpenAsync(Client, "/again");

        Assert.Equal(["2"], await second.TakeAsync(1));
        await Service.StopAsync(Topic);
        Assert.DoesNotContain(Logs.Records, record => record.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task Another_run_begins_when_the_stopped_handler_has_returned()
    {
        bool hasReturned = false;
        await StartReplayAppAsync(endpoints: app => app.MapSse("/again", async (SseEventWriter events) =>
        {
            if (Interlocked.Increment(ref _handlers) == 1)
            {
                await events.WriteAsync("first", CancellationToken.None);
                await _mayEnd.WaitAsync(CancellationToken.None);
                hasReturned = true;
                return;
            }

            await events.WriteAsync($"the first has returned: {hasReturned}", CancellationToken.None);
        }).WithSseReplay(Topic, replay => replay.RerunPolicy = SseRerunPolicy.AfterEnd));
        StreamClient first = await StreamClient.OpenAsync(Client, "/again");
        await first.TakeAsync(1);
        await Service.StopAsync(Topic);

        var looks = new Signal();
        Store.BeforeGetState = () =>
        {
            looks.Set();
            return Task.CompletedTask;
        };
        Task<StreamClient> second = StreamClient.OpenAsync(Client, "/again");
        await looks.WaitAsync();
        _mayEnd.Set();

        Assert.Equal(["the first has returned: True"], await (await second).TakeAsync(1));
    }
}
