using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>Streams of another server that shares the store are disconnected.</summary>
public sealed class DisconnectTests : ReplayTest
{
    [Fact]
    public async Task A_disconnection_reaches_the_streams_of_all_servers()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        StreamClient begins = await BeginAsync(a, "/runs/1");
        StreamClient joins = await JoinAsync(b, "/runs/1");
        StreamClient other = await JoinOtherAsync(b);
        await TestTimeout.UntilAsync(() => ConnectionsOf(b).GetConnections().Count == 2);

        int here = await ConnectionsOf(a).DisconnectAsync(new SseDisconnect { Topic = "run 1" });

        Assert.Equal(1, here);
        await begins.ReadToBreakAsync();
        Assert.Empty((await joins.ReadToEndAsync()).Except(["{}"]));
        SseConnectionInfo left = Assert.Single(ConnectionsOf(b).GetConnections());
        Assert.Equal(["run 2"], left.Topics);
        await other.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_starts_later_applies_no_earlier_disconnection()
    {
        KestrelApp a = await StartReplayAppAsync();
        await ConnectionsOf(a).DisconnectAsync(new SseDisconnect { Topic = "run 1" });
        KestrelApp b = await StartReplayAppAsync();
        StreamClient begins = await BeginAsync(b, "/runs/1");

        await ConnectionsOf(a).DisconnectAsync(new SseDisconnect { Topic = "run 2" });
        Write("1");

        Assert.Equal(["{}", "1"], await begins.TakeAsync(2));
        EndHandlers();
        Assert.Empty(await begins.ReadToEndAsync());
    }

    [Fact]
    public async Task A_disconnection_after_a_new_log_of_the_topic_arrives()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        await ConnectionsOf(a).DisconnectAsync(new SseDisconnect { Topic = "run 2" });
        StreamClient begins = await BeginAsync(b, "/runs/1");
        await TestTimeout.UntilAsync(() => ConnectionsOf(b).GetConnections().Count == 1);

        await StoreOf(a).DeleteAsync("ssekit.disconnections", expectedEpoch: null, CancellationToken.None);
        await ConnectionsOf(a).DisconnectAsync(new SseDisconnect { Topic = "run 1" });

        await begins.ReadToBreakAsync();
        Assert.True(await b.Services.GetRequiredService<ISseRuns>().StopAsync("run 1"));
    }

    private static async Task<StreamClient> JoinOtherAsync(KestrelApp app) => await BeginAsync(app, "/runs/2");

    private static ISseConnections ConnectionsOf(KestrelApp app) => app.Services.GetRequiredService<ISseConnections>();
}
