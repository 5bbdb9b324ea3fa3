using System.Globalization;
using System.Text;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Writing;
using SseKit.Topics;

namespace SseKit.Tests.Following;

public sealed class FollowLoadTests : FollowTest
{
    private const int MaxAhead = 300;

    [Fact]
    public async Task Two_hundred_abrupt_reconnects_lose_and_duplicate_nothing()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 100_000);
        string lastEventId = (await Publisher.GetLastEventIdAsync("t"))!;
        var random = new Random(20301);
        List<ClientEvent> received = [];
        using var permits = new SemaphoreSlim(MaxAhead);
        using var enough = new CancellationTokenSource();
        Task<int>[] publishers = [PublishWhileAsync("a", permits, enough.Token), PublishWhileAsync("b", permits, enough.Token)];

        for (int cut = 0; cut < 200; cut++)
        {
            RawConnection connection = await ConnectAsync(lastEventId);
            EventStreamReading reading = await ReadAsync(connection.ReadAsync(random.Next(2000)));
            Leave(connection, rudely: cut % 2 == 0);
            Take(reading);
        }

        await enough.CancelAsync();
        int[] published = await Task.WhenAll(publishers);
        await Publisher.CompleteAsync("t");
        Take(await ReadAsync((await ConnectAsync(lastEventId)).ReadToEndAsync()));

        Assert.Equal(Numbers(1, published.Sum()), received.Select(item => item.LastEventId.Split('-')[1]));
        Assert.Equal(Numbers(1, published[0]), OfPublisher("a"));
        Assert.Equal(Numbers(1, published[1]), OfPublisher("b"));

        void Take(EventStreamReading reading)
        {
            lastEventId = reading.LastEventId.Length > 0 ? reading.LastEventId : lastEventId;
            ClientEvent[] newEvents = [.. reading.Events.Where(item => item.Type == "message")];
            Assert.DoesNotContain(reading.Events, item => item.Type == "ssekit.gap");
            received.AddRange(newEvents);
            if (newEvents.Length > 0)
            {
                permits.Release(newEvents.Length);
            }
        }

        IEnumerable<string> OfPublisher(string name) => received
            .Select(item => item.Data.Split(':')).Where(parts => parts[0] == name).Select(parts => parts[1]);
    }

    [Fact]
    public async Task Followers_that_join_during_publishes_get_all_events_in_order()
    {
        const int Followers = 64;
        const int PerPublisher = 320;
        const int Publishers = 4;
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 100_000);
        string start = (await Publisher.GetLastEventIdAsync("t"))!;
        var random = new Random(20302);
        using var permits = new SemaphoreSlim(0);
        Task publishing = Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            for (int number = 0; number < PerPublisher; number++)
            {
                await permits.WaitAsync().OrTimeout();
                await Publisher.PublishAsync("t", $"{publisher}:{number}");
            }
        })));

        List<(long Joined, Task<long[]> Sequences)> followers = [];
        for (int i = 0; i < Followers; i++)
        {
            permits.Release(Publishers * PerPublisher / Followers);
            long head = SequenceOf((await Publisher.GetLastEventIdAsync("t"))!);
            long joined = random.NextInt64(head + 1);
            StreamClient client = await FollowAsync("t", start.Split('-')[0] + "-" + joined.ToString(CultureInfo.InvariantCulture));
            followers.Add((joined, SequencesAsync(client)));
        }

        await publishing;
        await Publisher.CompleteAsync("t");
        foreach ((long joined, Task<long[]> sequences) in followers)
        {
            Assert.Equal(
                Enumerable.Range((int)joined + 1, (Publishers * PerPublisher) - (int)joined).Select(sequence => (long)sequence),
                await sequences);
        }
    }

    [Fact]
    public async Task A_stalled_reader_delays_no_other_and_loses_nothing()
    {
        const int Events = 60;
        var time = new ManualTimeProvider();
        TimeSpan deadline = TimeSpan.FromMilliseconds(300);
        await StartFollowAppAsync(options => options.WriteTimeout = deadline, time: time);
        string start = (await Publisher.GetLastEventIdAsync("t"))!;
        RawConnection stalled = await App.ConnectAsync(receiveBuffer: 4096);
        await stalled.GetAsync("/follow?topics=t");
        await stalled.ReadUntilAsync("event: ssekit.open");
        StreamClient[] others = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => FollowAsync("t")));
        string large = new('x', 64 * 1024);

        for (int number = 1; number <= Events; number++)
        {
            Task publishing = Publisher.PublishAsync("t", Number(number) + large).AsTask();
            Assert.True(publishing.IsCompletedSuccessfully);
            await Task.WhenAll(others.Select(other => other.NextAsync()));
        }

        // On a busy machine the others may be slower than the deadline, so the clock is stopped until they have read everything. A small
        // event is sent at once, but only after the flush of the large one before it.
        await Publisher.PublishAsync("t", "end");
        await Task.WhenAll(others.Select(other => other.NextAsync()));
        Task timedOut = Logs.WaitForAsync(record => record.Message.Contains("did not read", StringComparison.Ordinal));
        await TestTimeout.UntilAsync(() =>
        {
            time.Advance(deadline);
            return timedOut.IsCompleted;
        });
        Assert.Single(Logs.Records, record => record.Message.Contains("did not read", StringComparison.Ordinal));
        StreamClient back = await FollowAsync("t", start);
        Assert.Equal(Numbers(1, Events), (await back.TakeAsync(Events)).Select(data => data.TrimEnd('x')));
    }

    [Fact]
    public async Task A_follower_far_behind_catches_up_by_pages()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 100_000);
        string start = (await Publisher.GetLastEventIdAsync("t"))!;
        StreamClient live = await FollowAsync("t");
        await PublishNumbersAsync("t", 1, 5000);

        Task publishing = Task.Run(() => PublishNumbersAsync("t", 5001, 7000));
        StreamClient behind = await FollowAsync("t", start);
        string[] caughtUp = await behind.TakeAsync(7000);
        await publishing;
        await PublishNumbersAsync("t", 7001, 7001);

        Assert.Equal(Numbers(1, 7000), caughtUp);
        Assert.Equal(["7001"], await behind.TakeAsync(1));
        Assert.Equal(Numbers(1, 7001), await live.TakeAsync(7001));
    }

    [Fact]
    public async Task Bursts_arrive_whole()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 100_000);
        StreamClient client = await FollowAsync("t");

        for (int burst = 0; burst < 20; burst++)
        {
            await PublishNumbersAsync("t", (burst * 200) + 1, (burst + 1) * 200);
            Assert.Equal(Numbers((burst * 200) + 1, (burst + 1) * 200), await client.TakeAsync(200));
        }
    }

    [Fact]
    public async Task An_event_read_before_its_announcement_reaches_waiting_followers()
    {
        await StartFollowAppAsync();
        string start = (await Publisher.GetLastEventIdAsync("t"))!;
        await PublishNumbersAsync("t", 1, 1);
        StreamClient waiting = await FollowAsync("t");
        await PublishNumbersAsync("t", 2, 2);
        Assert.Equal(["2"], await waiting.TakeAsync(1));
        var announce = new TaskCompletionSource();
        Store.AfterAppend = () => announce.Task;
        Task<string> publishing = Publisher.PublishAsync("t", "3").AsTask();

        StreamClient newcomer = await FollowAsync("t", start);
        Assert.Equal(Numbers(1, 3), await newcomer.TakeAsync(3));
        Assert.True(SsePosition.TryParse(newcomer.LastEventId, out SsePosition position));
        await TestTimeout.UntilAsync(
            () => Topics.Find("t") is { } topic && !topic.MustReadStore(new TopicSubscription(topic, listener: null!), position));
        announce.SetResult();
        await publishing;

        Assert.Equal(["3"], await waiting.TakeAsync(1));
    }

    [Fact]
    public async Task A_thousand_disconnected_clients_leave_nothing_behind()
    {
        await StartFollowAppAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(async () =>
        {
            for (int cycle = 0; cycle < 125; cycle++)
            {
                RawConnection connection = await App.ConnectAsync();
                await connection.GetAsync($"/follow?topics=t{worker},t{cycle}");
                await connection.ReadUntilAsync("ssekit.open");
                await Publisher.PublishAsync($"t{worker}", "x");
                Leave(connection, rudely: cycle % 2 == 0);
            }
        })));

        await AllLeftAsync();
    }

    private static async Task<long[]> SequencesAsync(StreamClient client)
    {
        List<long> sequences = [];
        while (await client.TryNextAsync() is { } item)
        {
            Assert.Equal("message", item.EventType);
            sequences.Add(SequenceOf(item.EventId!));
        }

        return [.. sequences];
    }

    private static long SequenceOf(string id) => SsePosition.TryParse(id, out SsePosition position) ? position.Sequence : -1;

    private static async Task<EventStreamReading> ReadAsync(Task<string> bytes) =>
        EventStreamReading.Of(Encoding.Latin1.GetBytes(await bytes));

    private static void Leave(RawConnection connection, bool rudely)
    {
        if (rudely)
        {
            connection.Reset();
        }
        else
        {
            connection.Dispose();
        }
    }

    // HTTP/1.0 has no chunks: every byte after the head belongs to the stream.
    private async Task<RawConnection> ConnectAsync(string lastEventId)
    {
        RawConnection connection = await App.ConnectAsync();
        await connection.SendAsync($"GET /follow?topics=t HTTP/1.0\r\nHost: localhost\r\nLast-Event-ID: {lastEventId}\r\n\r\n");
        await connection.ReadHeadAsync();
        return connection;
    }

    private Task<int> PublishWhileAsync(string name, SemaphoreSlim permits, CancellationToken enough) => Task.Run(async () =>
    {
        int number = 0;
        while (!enough.IsCancellationRequested)
        {
            if (await permits.WaitAsync(TimeSpan.FromMilliseconds(20), CancellationToken.None))
            {
                await Publisher.PublishAsync("t", $"{name}:{Number(++number)}", eventType: null, CancellationToken.None);
            }
        }

        return number;
    });
}
