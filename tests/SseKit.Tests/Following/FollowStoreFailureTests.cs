using System.Net;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

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
    public async Task A_stored_event_of_a_failed_publish_keeps_its_order()
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
    public async Task A_client_during_an_outage_catches_up(Type outage)
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
        await StartFollowAppAsync(
            options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(10), bounds => bounds.MaxEventsPerTopic = 5000);
        StreamClient live = await FollowAsync("t");
        await PublishNumbersAsync("t", 1, 2000);

        // The store becomes unavailable between pages. A reader in the middle of a page continues after it.
        StreamClient behind = await StreamClient.OpenAsync(Client, "/follow?topics=t", live.LastEventId);
        Store.Break((Exception)Activator.CreateInstance(outage)!);
        RawConnection silent = await App.ConnectAsync();
        await silent.GetAsync("/follow?topics=t");
        await silent.ReadPreambleAsync();
        await silent.ReadUntilAsync(":\n");
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
    public async Task An_outage_before_a_page_loses_and_duplicates_nothing(int page)
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

    [Theory]
    [InlineData(1)]
    [InlineData(50)]
    public async Task An_outage_is_logged_at_its_begin_and_end(int followers)
    {
        await StartFollowAppAsync();
        StreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, followers).Select(_ => FollowAsync("t")));

        for (int outage = 1; outage <= 2; outage++)
        {
            int refusals = Store.Refusals;
            Store.Break();
            Topics.Find("t")!.AnnounceUnknown();
            StreamClient late = await StreamClient.ConnectAsync(Client, "/follow?topics=t");
            await TestTimeout.UntilAsync(() => Store.Refusals - refusals > 3 * followers);
            Store.Repair();
            LogRecord end = await Logs.WaitForAsync(record => IsEnd(record) && Ends().Count() == outage);

            Assert.Contains($" {Store.Refusals - refusals} calls", end.Message, StringComparison.Ordinal);
            Assert.Equal(
                outage,
                Logs.Records.Count(record => record.Message.StartsWith("Failed to read the event store", StringComparison.Ordinal)));
            Assert.Equal(outage, Ends().Count());
            Assert.Equal("ssekit.open", (await late.NextAsync()).EventType);
        }

        await PublishNumbersAsync("t", 1, 1);
        Assert.All(await Task.WhenAll(clients.Select(client => client.TakeAsync(1))), data => Assert.Equal(["1"], data));

        IEnumerable<LogRecord> Ends() => Logs.Records.Where(IsEnd);

        static bool IsEnd(LogRecord record) => record.Message.StartsWith("The event store answers again", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_opens_after_two_seconds_during_an_outage()
    {
        var time = new ManualTimeProvider();
        await StartFollowAppAsync(time: time);
        string first = await Publisher.PublishAsync("t", "1");
        await PublishNumbersAsync("t", 2, 5);
        var answer = new Signal();
        Store.BeforeGetState = () => answer.WaitAsync(CancellationToken.None);

        Task<StreamClient> connecting = StreamClient.ConnectAsync(Client, "/follow?topics=t", first);
        await time.TimerArmedAsync(TimeSpan.FromSeconds(2));
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        StreamClient client = await connecting.OrTimeout();
        Assert.Equal(HttpStatusCode.OK, client.Status);
        Store.BeforeGetState = null;
        answer.Set();

        Assert.Equal("ssekit.open", (await client.NextAsync()).EventType);
        Assert.Equal(Numbers(2, 5), await client.TakeAsync(4));
    }

    [Fact]
    public async Task A_completed_topic_of_a_slow_store_ends_its_client()
    {
        var time = new ManualTimeProvider();
        await StartFollowAppAsync(time: time);
        string last = await Publisher.PublishAsync("t", "1");
        await Publisher.CompleteAsync("t");
        var answer = new Signal();
        Store.BeforeGetState = () => answer.WaitAsync(CancellationToken.None);

        Task<StreamClient> connecting = StreamClient.ConnectAsync(Client, "/follow?topics=t", last);
        await time.TimerArmedAsync(TimeSpan.FromSeconds(2));
        time.Advance(TimeSpan.FromSeconds(2));
        StreamClient client = await connecting.OrTimeout();
        answer.Set();

        Assert.Equal("ssekit.open", (await client.NextAsync()).EventType);
        Assert.Null(await client.TryNextAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await StreamClient.ConnectAsync(Client, "/follow?topics=t", last)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Disconnects_while_the_store_hangs_leave_no_stream(bool isOpen)
    {
        await StartFollowAppAsync();
        var answer = new Signal();
        int asked = 0;
        Func<Task> hang = () =>
        {
            Interlocked.Increment(ref asked);
            return answer.WaitAsync(CancellationToken.None);
        };
        StreamClient[] open = isOpen ? await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => FollowAsync("t"))) : [];
        Store.BeforeGetState = hang;
        Store.BeforeRead = hang;
        List<RawConnection> leaving = [];
        for (int i = 0; i < 10 - open.Length; i++)
        {
            leaving.Add(await App.ConnectAsync());
            await leaving[^1].GetAsync("/follow?topics=t");
        }

        for (int i = 0; isOpen && i < 5; i++)
        {
            Topics.Find("t")!.AnnounceUnknown();
        }

        await TestTimeout.UntilAsync(() => Volatile.Read(ref asked) == 10);
        leaving.ForEach(each => each.Dispose());
        foreach (StreamClient each in open)
        {
            await each.DisposeAsync();
        }

        await AllLeftAsync();
        Assert.Equal(10, asked);
        answer.Set();
    }

    [Fact]
    public async Task A_disconnect_during_an_outage_leaves_nothing_behind()
    {
        await StartFollowAppAsync();
        Store.Break();
        StreamClient client = await StreamClient.ConnectAsync(Client, "/follow?topics=t");
        await TestTimeout.UntilAsync(() => Store.Refusals > 0);

        await client.DisposeAsync();

        await AllLeftAsync();
    }
}
