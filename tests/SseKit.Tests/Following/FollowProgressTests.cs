using Microsoft.AspNetCore.Builder;
using SseKit.Endpoints;
using SseKit.Tests.Infrastructure;
using SseKit.Topics.Following;

namespace SseKit.Tests.Following;

public sealed class FollowProgressTests : FollowTest, IFollowProgress
{
    private readonly List<long> _advanced = [];

    [Fact]
    public async Task A_client_that_reads_a_page_of_the_store_reports_each_flush()
    {
        var options = new SseFollowOptions { StartAt = SseReplayStart.Earliest };
        await StartFollowAppAsync(endpoints: app => app.MapSse(
            "/run", () => new SseFollowResult(["run"], options, new FollowedRun(0, AlwaysOpens: false, TailIndexHeader: null, this))));
        string text = new('x', 10_000);
        for (int i = 0; i < 100; i++)
        {
            await Publisher.PublishAsync("run", text);
        }

        await Publisher.CompleteAsync("run");
        string[] read = await (await StreamClient.OpenAsync(Client, "/run")).ReadToEndAsync();

        Assert.Equal(100, read.Length);
        Assert.InRange(_advanced.Distinct().Count(), 20, 101);
        Assert.Equal(_advanced.Order(), _advanced);
    }

    void IFollowProgress.Advanced(SsePosition position) => _advanced.Add(position.Sequence);
}
