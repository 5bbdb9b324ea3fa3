using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>The runs of the process are listed.</summary>
public sealed class RunListTests : ReplayTest
{
    private ISseRuns Service => App.Services.GetRequiredService<ISseRuns>();

    [Fact]
    public async Task A_run_is_listed_until_its_handler_has_returned()
    {
        var time = new ManualTimeProvider();
        await StartReplayAppAsync(time: time);
        DateTimeOffset started = time.GetUtcNow();
        StreamClient client = await StreamClient.OpenAsync(Client, "/writer");
        await StreamClient.OpenAsync(Client, "/writer");
        time.Advance(TimeSpan.FromSeconds(5));

        SseRun run = Assert.Single(Service.GetRuns());

        Assert.Equal((Topic, "/writer", started, 2, false), (run.Topic, run.Route, run.StartedAt, run.Followers, run.IsStopping));
        Assert.True(await Service.IsRunningAsync(Topic));
        Feed.End();
        await client.ReadToEndAsync();
        await RunIsOverAsync();
        Assert.Empty(Service.GetRuns());
        Assert.False(await Service.IsRunningAsync(Topic));
    }
}
