using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.SharedStores;

/// <summary>A run is stopped from another server. The servers learn of it by notification; they do not poll in these tests.</summary>
public sealed class RunStopTests : StoreTest
{
    private readonly Channel<string> _items = Channel.CreateUnbounded<string>();
    private readonly Signal _entered = new();
    private readonly Signal _stopped = new();

    [Fact]
    public async Task Another_server_stops_a_silent_run()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        await using StreamClient begins = await StreamClient.ConnectAsync(a.CreateClient(), "/run", method: HttpMethod.Post);
        await using StreamClient joins = await StreamClient.OpenAsync(b.CreateClient(), "/run");
        Assert.True(_items.Writer.TryWrite("1"));
        Assert.Equal(["{}", "1"], await begins.TakeAsync(2));
        Assert.Equal(["1"], await joins.TakeAsync(1));

        Assert.True(await RunsOf(b).IsRunningAsync("run"));
        Assert.True(await RunsOf(b).StopAsync("run"));

        await _stopped.WaitAsync();
        Assert.Empty(await begins.ReadToEndAsync());
        Assert.Empty(await joins.ReadToEndAsync());
        Assert.False(await RunsOf(b).StopAsync("run"));
        Assert.False(await RunsOf(a).StopAsync("run"));
        await TestTimeout.UntilAsync(() => RunsOf(a).GetRuns().Count == 0);
        await using StreamClient again = await StreamClient.ConnectAsync(a.CreateClient(), "/run", begins.LastEventId);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task Another_server_stops_a_run_before_its_first_byte()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        Task<StreamClient> begins = StreamClient.ConnectAsync(a.CreateClient(), "/run?silent=true", method: HttpMethod.Post);
        await _entered.WaitAsync();

        Assert.True(await RunsOf(b).StopAsync("run"));

        await _stopped.WaitAsync();
        Assert.Equal(HttpStatusCode.NoContent, (await begins).Status);
    }

    [Fact]
    public async Task A_request_that_only_joins_leaves_no_lease()
    {
        KestrelApp a = await StartReplayAppAsync();

        await using StreamClient missing = await StreamClient.ConnectAsync(a.CreateClient(), "/run");

        Assert.Equal(HttpStatusCode.NotFound, missing.Status);
        Assert.Null(await ((ISseLeaseStore)OpenStore()).GetLeaseOwnerAsync("run", CancellationToken.None));
    }

    private static ISseRuns RunsOf(KestrelApp app) => app.Services.GetRequiredService<ISseRuns>();

    private Task<KestrelApp> StartReplayAppAsync() => StartAppAsync(endpoints: app =>
        app.MapMethods("/run", ["GET", "POST"], async (HttpContext context, bool? silent) =>
        {
            context.RequestAborted.Register(_stopped.Set);
            _entered.Set();
            if (silent == true)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            return TypedResults.ServerSentEvents(_items.Reader.ReadAllAsync(context.RequestAborted));
        }).WithSseReplay("run", replay => replay.StartMethods = ["POST"]));
}
