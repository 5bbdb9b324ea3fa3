using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Dashboard.Tests.Infrastructure;

namespace SseKit.Dashboard.Tests;

/// <summary>What the overview counts.</summary>
public sealed class OverviewTests : DashboardTest
{
    [Fact]
    public async Task Streams_are_counted_by_route_and_the_dashboards_own_apart()
    {
        await StartDashboardAsync();
        await FollowAsync("a");
        await FollowAsync("b");
        await WatchAsync();
        await StreamClient.ConnectAsync(Client, "/sse/tail?topic=a");
        Viewer viewer = await WatchAsync();

        JsonElement overview = await viewer.OverviewAsync(overview => overview.Int("own") == 3);
        JsonElement table = await viewer.NextAsync("connections");

        Assert.Equal(2, overview.Int("open"));
        JsonElement route = Assert.Single(overview.Rows("routes"));
        Assert.Equal(("/follow/{topic}", 2), (route.Text("route"), route.Int("open")));
        Assert.Equal(["/follow/a", "/follow/b"], table.Rows().Select(row => row.Text("path")).Order());
    }

    [Fact]
    public async Task Ends_are_counted_by_reason_also_before_a_viewer_came()
    {
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapSse("/done", (events, cancellationToken) => events.WriteAsync("1", cancellationToken).AsTask());
        });
        await (await StreamClient.ConnectAsync(Client, "/done")).ReadToEndAsync();
        await (await StreamClient.ConnectAsync(Client, "/done")).ReadToEndAsync();
        await (await FollowAsync("a")).DisposeAsync();

        Viewer viewer = await WatchAsync();

        JsonElement overview = await viewer.OverviewAsync(overview =>
            overview.Row("routes", "route", "/follow/{topic}").Counts("ended") == "client_left 1");
        Assert.Equal("completed 2", overview.Row("routes", "route", "/done").Counts("ended"));
    }

    [Fact]
    public async Task Ends_of_the_dashboards_own_streams_are_not_counted()
    {
        await StartDashboardAsync();
        Viewer first = await WatchAsync();
        Viewer second = await WatchAsync();
        await second.OverviewAsync(overview => overview.Int("own") == 2);

        await first.DisposeAsync();

        JsonElement overview = await second.OverviewAsync(overview => overview.Int("own") == 1);
        Assert.Empty(overview.Rows("routes"));
    }

    [Fact]
    public async Task Rates_are_those_of_the_app_without_the_dashboards_own()
    {
        await StartDashboardAsync();
        StreamClient follower = await FollowAsync("a");
        await WatchAsync();
        Viewer viewer = await WatchAsync();
        await viewer.NextAsync("connections");
        for (int i = 0; i < 10; i++)
        {
            await Publisher.PublishAsync("a", "1");
        }

        await follower.TakeAsync(10);
        Time.Advance(TimeSpan.FromSeconds(1));
        JsonElement busy = await viewer.NextAsync("overview");
        JsonElement idle = await viewer.OverviewAsync(overview => overview.GetProperty("eventRate").GetDouble() == 0);

        Assert.Equal(10, busy.GetProperty("eventRate").GetDouble());
        Assert.InRange(busy.GetProperty("byteRate").GetDouble(), 10 * "data: 1\n\n".Length, 2000);
        Assert.Equal(0, idle.GetProperty("byteRate").GetDouble());
    }

    [Fact]
    public async Task Gaps_and_rejections_are_counted_by_reason()
    {
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapSse("/one", () => SseResults.Follow("a")).WithSseConnectionLimit(1);
        });
        await StreamClient.OpenAsync(Client, "/one", "unknown-1");
        Task<StreamClient> rejected = StreamClient.ConnectAsync(Client, "/one");
        await TestTimeout.UntilAsync(() =>
        {
            // It waits for a place first.
            Time.Advance(TimeSpan.FromMilliseconds(250));
            return rejected.IsCompleted;
        });
        await rejected;

        Viewer viewer = await WatchAsync();

        JsonElement overview = await viewer.OverviewAsync(overview => overview.Row("routes", "route", "/one").Counts("gaps") != "");
        Assert.Equal("unknown 1", overview.Row("routes", "route", "/one").Counts("gaps"));
        Assert.Equal("connection_limit 1", overview.Row("routes", "route", "/one").Counts("rejected"));
        Assert.Equal((1, 1), (overview.Int("gaps"), overview.Int("rejected")));
    }

    [Fact]
    public async Task Topics_show_their_followers_and_what_the_store_holds()
    {
        await StartDashboardAsync(services: builder =>
            builder.Services.Configure<SseInMemoryEventStoreOptions>(options => options.MaxEventsPerTopic = 3));
        await FollowAsync("a");
        await FollowAsync("a");
        await FollowAsync("b");
        for (int i = 0; i < 5; i++)
        {
            await Publisher.PublishAsync("a", "1");
        }

        Viewer viewer = await WatchAsync();

        JsonElement overview = await viewer.OverviewAsync(overview => overview.Row("topics", "topic", "a").Text("status") is not null);
        Assert.Equal(["a", "b"], overview.Rows("topics").Select(row => row.Text("topic")));
        JsonElement row = overview.Rows("topics")[0];
        Assert.Equal((2, 3, 5, "Open"), (row.Int("followers"), row.Int("held"), row.Int("published"), row.Text("status")));
    }

    [Fact]
    public async Task Runs_are_listed_with_their_topics()
    {
        var ended = new Signal();
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapSse("/answer", async (events, cancellationToken) =>
            {
                await events.WriteAsync("1", cancellationToken);
                await ended.WaitAsync(cancellationToken);
            }).WithSseReplay("answer");
        });
        await StreamClient.OpenAsync(Client, "/answer");

        Viewer viewer = await WatchAsync();

        JsonElement overview = await viewer.OverviewAsync(overview => overview.GetProperty("runs").Int("total") == 1);
        JsonElement run = overview.Rows("runs")[0];
        Assert.Equal(("answer", "/answer"), (run.Text("topic"), run.Text("route")));
        ended.Set();
        await viewer.OverviewAsync(overview => overview.GetProperty("runs").Int("total") == 0);
    }

    [Fact]
    public async Task Apps_of_one_process_are_not_mixed()
    {
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapSse("/done", (events, cancellationToken) => Task.CompletedTask);
        });
        KestrelApp other = App;
        HttpClient otherClient = Client;
        await StartDashboardAsync();
        await (await StreamClient.ConnectAsync(otherClient, "/done")).ReadToEndAsync();

        Viewer viewer = await WatchAsync();
        Viewer otherViewer = await WatchAsync(client: otherClient);

        await otherViewer.OverviewAsync(overview => overview.Row("routes", "route", "/done").Counts("ended") == "completed 1");
        Assert.Empty((await viewer.NextAsync("overview")).Rows("routes"));
        Assert.NotSame(other, App);
    }

    [Fact]
    public async Task Options_of_the_apps_clients_do_not_break_the_page()
    {
        await StartDashboardAsync(options: options =>
        {
            options.MaxEventSize = 1024;
            options.Terminator = new("[DONE]");
            options.HeartbeatEvent = new("", "ping");
            options.HeartbeatInterval = TimeSpan.FromMilliseconds(10);
        });
        for (int i = 0; i < 10; i++)
        {
            await FollowAsync(new string('a', 200) + i);
        }

        Viewer viewer = await WatchAsync();

        Assert.Equal(10, (await viewer.NextAsync("overview")).Rows("topics").Length);
    }

    [Fact]
    public async Task Two_dashboards_do_not_count_each_other()
    {
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapGroup("/ops").MapSseDashboard("/{tenant}/sse");
        });
        await WatchAsync(path: "/ops/1/sse");

        Viewer viewer = await WatchAsync();

        JsonElement overview = await viewer.OverviewAsync(overview => overview.Int("own") == 2);
        Assert.Equal(0, overview.Int("open"));
    }

    [Fact]
    public async Task Names_of_clients_are_values_and_never_lines()
    {
        const string topic = "<img src=x onerror=alert(1)>\r\ndata: x\u2028\0é東😀";
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapSse("/follow", (HttpContext context) => SseResults.Follow(context.Request.Query["topic"].ToString()));
        });
        await StreamClient.OpenAsync(Client, "/follow?topic=" + Uri.EscapeDataString(topic));

        Viewer viewer = await WatchAsync();

        Assert.Equal(topic, (await viewer.NextAsync("overview")).Rows("topics")[0].Text("topic"));
        Assert.Equal(topic, (await viewer.NextAsync("connections")).Rows()[0].GetProperty("topics")[0].GetString());
    }

    [Fact]
    public async Task Stopping_host_ends_the_dashboard_at_once()
    {
        await StartDashboardAsync();
        Viewer viewer = await WatchAsync();
        await viewer.NextAsync("connections");

        await App.StopAsync().OrTimeout();

        await Assert.ThrowsAsync<EndOfStreamException>(() => viewer.NextAsync("overview"));
    }
}
