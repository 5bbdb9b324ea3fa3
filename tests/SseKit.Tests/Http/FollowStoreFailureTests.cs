using System.Net;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Http;

public sealed class FollowStoreFailureTests : FollowTest
{
    [Fact]
    public async Task A_publish_that_fails_announces_nothing_and_followers_stay()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");
        await PublishNumbersAsync("t", 1, 1);

        Store.Break();
        await Assert.ThrowsAsync<IOException>(() => Publisher.PublishAsync("t", "lost").AsTask());
        Store.Repair();
        await PublishNumbersAsync("t", 2, 2);

        Assert.Equal(["1", "2"], await client.TakeAsync(2));
    }

    [Fact]
    public async Task An_event_whose_publisher_saw_a_failure_and_that_is_stored_all_the_same_keeps_its_place()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");
        await PublishNumbersAsync("t", 1, 1);
        Assert.Equal(["1"], await client.TakeAsync(1));

        Store.AfterAppend = () => throw new IOException("The answer got lost.");
        await Assert.ThrowsAsync<IOException>(() => Publisher.PublishAsync("t", "2").AsTask());
        Store.AfterAppend = null;
        await PublishNumbersAsync("t", 3, 3);

        Assert.Equal(["2", "3"], await client.TakeAsync(2));
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task A_client_that_comes_while_the_store_is_down_gets_its_stream_and_catches_up(Type outage)
    {
        await StartFollowAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 600);
        Store.Break((Exception)Activator.CreateInstance(outage)!);

        StreamClient client = await StreamClient.ConnectAsync(Client, "/follow?topics=t", first);
        await TestTimeout.UntilAsync(() => Store.Refusals > 1);
        Store.Repair();

        Assert.Equal(HttpStatusCode.OK, client.Status);
        Assert.Equal("ssekit.open", (await client.NextAsync()).EventType);
        Assert.Equal(Numbers(2, 600), await client.TakeAsync(599));
    }

    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(TaskCanceledException))]
    public async Task Followers_outlive_an_outage_and_lose_nothing(Type outage)
    {
        await StartFollowAppAsync(options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(10), bounds => bounds.MaxEventsPerTopic = 5000);
        StreamClient live = await FollowAsync("t");
        await PublishNumbersAsync("t", 1, 2000);

        // The store goes down under a reader of pages: one who is in the middle of a page reads on after it.
        StreamClient behind = await StreamClient.OpenAsync(Client, "/follow?topics=t", live.LastEventId);
        Store.Break((Exception)Activator.CreateInstance(outage)!);
        RawConnection silent = await App.ConnectAsync();
        await silent.GetAsync("/follow?topics=t");
        await silent.ReadUntilAsync(":\n\n");
        await silent.ReadUntilAsync(":\n\n");
        await TestTimeout.UntilAsync(() => Store.Refusals > 0);
        Store.Repair();
        await PublishNumbersAsync("t", 2001, 2010);

        Assert.Equal(Numbers(1, 2010), await live.TakeAsync(2010));
        Assert.Equal(Numbers(1, 2010), await behind.TakeAsync(2010));
        await silent.ReadUntilAsync("event: ssekit.open");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task An_outage_right_before_a_page_of_a_replay_loses_and_doubles_nothing(int page)
    {
        await StartFollowAppAsync();
        string start = (await Publisher.GetLastEventIdAsync("t"))!;
        await PublishNumbersAsync("t", 1, 600);
        int reads = 0;
        Store.BeforeRead = () =>
        {
            if (++reads == page)
            {
                Store.Break();
            }

            return Task.CompletedTask;
        };

        StreamClient client = await FollowAsync("t", start);
        await TestTimeout.UntilAsync(() => Store.Refusals > 1);
        Store.BeforeRead = null;
        Store.Repair();
        await PublishNumbersAsync("t", 601, 610);
        await Publisher.CompleteAsync("t");

        Assert.Equal(Numbers(1, 610), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_client_that_leaves_during_an_outage_leaves_nothing_behind()
    {
        await StartFollowAppAsync();
        Store.Break();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/follow?topics=t");
        await TestTimeout.UntilAsync(() => Store.Refusals > 0);

        await client.DisposeAsync();

        await AllLeftAsync();
    }
}
