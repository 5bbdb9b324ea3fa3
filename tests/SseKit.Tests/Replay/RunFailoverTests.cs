using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>The store fails over while a run writes.</summary>
public sealed class RunFailoverTests : FailoverTest
{
    private const string Topic = "run";

    private readonly ReplayFeed _feed = new();

    [Fact]
    public async Task A_run_continues_after_a_failover_without_loss()
    {
        await StartRunAppAsync();
        StreamClient live = await StreamClient.OpenAsync(Client, "/run");
        _feed.Write("1", "2");
        await live.TakeAsync(2);
        string second = live.LastEventId;

        Store.FailOver();
        Store.Notify(null);
        _feed.Write("3", "4");
        Assert.Equal(["3", "4"], await live.TakeAsync(2));
        StreamClient back = await StreamClient.OpenAsync(Client, "/run", second);
        _feed.Write("5");
        _feed.End();

        Assert.Equal(["3", "4", "5"], await back.ReadToEndAsync());
        Assert.Equal(["5"], await live.ReadToEndAsync());
        Assert.Equal(1, _feed.Runs);
    }

    private Task StartRunAppAsync() => StartFailoverAppAsync(
        app => app.MapSse("/run", (CancellationToken cancellationToken) => _feed.RunAsync(cancellationToken)).WithSseReplay(Topic));
}
