using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Dashboard.Tests.Infrastructure;

namespace SseKit.Dashboard.Tests;

/// <summary>The live tail of a topic.</summary>
public sealed class TailTests : DashboardTest
{
    [Fact]
    public async Task Tail_begins_with_the_latest_events_and_goes_on()
    {
        await StartDashboardAsync();
        await PublishAsync(1, 50);

        Viewer tail = await TailAsync();
        JsonElement first = await tail.NextAsync("tail");
        await PublishAsync(51, 52);
        JsonElement second = await tail.UntilAsync("tail", _ => true);

        Assert.Equal(Enumerable.Range(31, 20).Select(number => $"{number}"), DataOf(first));
        Assert.Equal(("count", "Open"), (first.GetProperty("events")[0].Text("type"), first.Text("status")));
        Assert.Equal(["51", "52"], DataOf(second));
        Assert.Equal(await Publisher.GetLastEventIdAsync("a"), second.GetProperty("events")[1].Text("id"));
    }

    [Fact]
    public async Task Burst_is_passed_over_up_to_its_last_events()
    {
        await StartDashboardAsync();
        await PublishAsync(1, 1);
        Viewer tail = await TailAsync();
        await tail.NextAsync("tail");
        await PublishAsync(2, 1001);

        JsonElement page = await tail.UntilAsync("tail", _ => true);

        Assert.Equal(900, page.Int("skipped"));
        Assert.Equal(Enumerable.Range(902, 100).Select(number => $"{number}"), DataOf(page));
    }

    [Fact]
    public async Task Long_data_is_cut()
    {
        await StartDashboardAsync();
        await Publisher.PublishAsync("a", new string('x', 100_000));

        Viewer tail = await TailAsync();
        JsonElement item = (await tail.NextAsync("tail")).GetProperty("events")[0];

        Assert.Equal((2000, 100_000), (item.Text("data")!.Length, item.Int("length")));
    }

    [Fact]
    public async Task Deleted_and_expired_events_are_reported_as_gaps()
    {
        await StartDashboardAsync(services: builder =>
            builder.Services.Configure<SseInMemoryEventStoreOptions>(options => options.MaxEventsPerTopic = 3));
        await PublishAsync(1, 1);
        Viewer tail = await TailAsync();
        await tail.NextAsync("tail");

        await PublishAsync(2, 10);
        JsonElement expired = await tail.UntilAsync("tail", page => page.Text("gap") is not null);
        await Publisher.DeleteAsync("a");
        await PublishAsync(11, 11);
        JsonElement deleted = await tail.UntilAsync("tail", page => page.Text("gap") is not null && DataOf(page).Length > 0);

        Assert.Equal(("expired", "8,9,10"), (expired.Text("gap"), string.Join(',', DataOf(expired))));
        Assert.Equal(("unknown", "11"), (deleted.Text("gap"), string.Join(',', DataOf(deleted))));
    }

    [Fact]
    public async Task Completed_topic_is_shown_as_such()
    {
        await StartDashboardAsync();
        Viewer tail = await TailAsync();
        await tail.NextAsync("tail");

        await Publisher.CompleteAsync("a");

        await tail.UntilAsync("tail", page => page.Text("status") == "Completed");
    }

    [Fact]
    public async Task Tail_goes_on_after_an_outage_of_the_store()
    {
        await StartDashboardAsync();
        await PublishAsync(1, 1);
        Viewer tail = await TailAsync();
        await tail.NextAsync("tail");

        Store.BeforeStates = _ => throw new IOException("The disk has failed.");
        await tail.UntilAsync("tail", page => page.GetProperty("isStoreFailing").GetBoolean());
        Store.BeforeStates = null;
        await PublishAsync(2, 2);
        JsonElement after = await tail.UntilAsync("tail", page => !page.GetProperty("isStoreFailing").GetBoolean());

        Assert.Equal(["2"], DataOf(after));
    }

    [Fact]
    public async Task Failover_is_a_gap_only_if_it_lost_what_was_shown()
    {
        await StartDashboardAsync();
        await PublishAsync(1, 5);
        SseTopicState before = (await App.Services.GetRequiredService<ISseEventStore>().GetStatesAsync(["a"], CancellationToken.None))[0];
        Viewer tail = await TailAsync();
        await tail.NextAsync("tail");

        // The log has another epoch, and shares all events with the one before.
        Store.ChangeState = state => state with
        {
            Latest = state.Latest with { Epoch = "promoted" },
            Forks = [before.Latest],
            Status = SseTopicStatus.Completed,
        };
        JsonElement kept = await tail.UntilAsync("tail", page => page.Text("status") == "Completed");

        // Another failover has lost the event that the tail showed last.
        Store.ChangeState = state => state with { Forks = [new SsePosition("promoted", 4)] };
        JsonElement lost = await tail.UntilAsync("tail", page => page.Text("gap") is not null || page.Text("status") == "Open");

        Assert.Null(kept.Text("gap"));
        Assert.Empty(DataOf(kept));
        Assert.Equal("unknown", lost.Text("gap"));
    }

    [Fact]
    public async Task Viewer_that_leaves_during_a_hanging_read_ends_the_tail()
    {
        await StartDashboardAsync();
        var reading = new Signal();
        Store.BeforeStates = _ =>
        {
            reading.Set();
            return Task.Delay(Timeout.Infinite, CancellationToken.None);
        };
        Viewer tail = await TailAsync();
        await reading.WaitAsync();

        await tail.DisposeAsync();

        await TestTimeout.UntilAsync(() => App.Services.GetRequiredService<ISseConnections>().GetConnections().Count == 0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?topic=")]
    [InlineData("?topic=ssekit.disconnections")]
    [InlineData("?topic=&topic=a")]
    [InlineData("?topic=a&topic=b")]
    public async Task Name_that_no_topic_has_is_a_bad_request(string query)
    {
        await StartDashboardAsync();

        Assert.Equal(HttpStatusCode.BadRequest, await GetStatusAsync("/sse/tail" + query));
        Assert.Equal(HttpStatusCode.BadRequest, await GetStatusAsync("/sse/tail?topic=" + new string('a', 257)));
    }

    private Task<Viewer> TailAsync() => Viewer.OpenAsync(Client, "/sse/tail?topic=a", Time);

    private async Task PublishAsync(int first, int last)
    {
        for (int number = first; number <= last; number++)
        {
            await Publisher.PublishAsync("a", $"{number}", eventType: "count");
        }
    }

    private static string[] DataOf(JsonElement page) =>
        [.. page.GetProperty("events").EnumerateArray().Select(item => item.Text("data")!)];
}
