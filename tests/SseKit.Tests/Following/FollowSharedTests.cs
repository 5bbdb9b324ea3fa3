using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Replay;
using SseKit.Topics;

namespace SseKit.Tests.Following;

/// <summary>The followers of a topic share bytes. This must not affect any client, also not those whose bytes differ.</summary>
public sealed class FollowSharedTests : ReplayTest
{
    private const int Sharers = 12;
    private const int Large = 100 * 1024;

    [Fact]
    public async Task All_kinds_of_followers_get_each_event_once()
    {
        const int Events = 1500;
        await StartSharedAppAsync();
        string start = (await Publisher.GetLastEventIdAsync("t"))!;
        StreamClient[] sharers = await Task.WhenAll(Enumerable.Range(0, Sharers).Select(_ => FollowAsync("t")));
        StreamClient odd = await StreamClient.OpenAsync(Client, "/odd");
        StreamClient several = await FollowAsync("other,t");
        using StreamingResponse plain = await Client.OpenAsync("/plain");

        string[] ids = await PublishAsync(1, Events);
        StreamClient late = await FollowAsync("t", ids[700]);
        StreamClient fromStart = await FollowAsync("t", start);
        await Publisher.CompleteAsync("t");

        foreach (StreamClient sharer in sharers.Append(fromStart))
        {
            Assert.Equal(ids.Select((id, i) => (id, Number(i + 1))), await ReadAsync(sharer));
        }

        Assert.Equal(ids[701..].Select((id, i) => (id, Number(i + 702))), await ReadAsync(late));
        Assert.Equal(
            ids.Select((id, i) => (id, Number(i + 1))).Where((_, i) => i % 2 == 0),
            await ReadAsync(odd));
        Assert.Equal(Numbers(1, Events), await several.TakeAsync(Events));
        Assert.StartsWith(".", several.LastEventId, StringComparison.Ordinal);
        string bytes = await plain.ReadToEndAsync();
        Assert.DoesNotContain("id:", bytes, StringComparison.Ordinal);
        Assert.Equal(Events, bytes.Split("data: ").Length - 1);
    }

    [Fact]
    public async Task A_large_event_among_small_ones_arrives_in_its_place()
    {
        await StartSharedAppAsync();
        StreamClient[] sharers = await Task.WhenAll(Enumerable.Range(0, Sharers).Select(_ => FollowAsync("t")));

        string[] before = await PublishAsync(1, 50);
        string large = await Publisher.PublishAsync("t", new string('x', Large));
        string[] after = await PublishAsync(52, 100);
        await Publisher.CompleteAsync("t");

        foreach (StreamClient sharer in sharers)
        {
            (string Id, string Data)[] read = await ReadAsync(sharer);
            Assert.Equal([.. before, large, .. after], read.Select(each => each.Id));
            Assert.Equal(Large, read[50].Data.Length);
        }
    }

    [Fact]
    public async Task A_reset_topic_is_read_under_its_new_epoch()
    {
        await StartSharedAppAsync();
        StreamClient[] sharers = await Task.WhenAll(Enumerable.Range(0, Sharers).Select(_ => FollowAsync("t")));
        string[] old = await PublishAsync(1, 20);
        foreach (StreamClient sharer in sharers)
        {
            Assert.Equal(Numbers(1, 20), await sharer.TakeAsync(20));
        }

        await ((Publisher)Publisher).DeleteAsync("t", null, CancellationToken.None);
        string[] later = await PublishAsync(1, 20);

        Assert.NotEqual(old, later);
        foreach (StreamClient sharer in sharers)
        {
            Assert.Equal("ssekit.gap", (await sharer.NextAsync()).EventType);
            Assert.Equal(Numbers(1, 20), await sharer.TakeAsync(20));
            Assert.Equal(later[^1], sharer.LastEventId);
        }
    }

    [Fact]
    public async Task Clients_of_a_run_share_its_bytes_and_resume()
    {
        await StartReplayAppAsync();
        StreamClient[] sharers = await Task.WhenAll(Enumerable.Range(0, Sharers).Select(_ => StreamClient.OpenAsync(Client, "/writer")));
        Feed.Write(Numbers(1, 200));
        string[][] first = await Task.WhenAll(sharers.Select((sharer, i) => sharer.TakeAsync(10 + i)));

        StreamClient[] back = await Task.WhenAll(sharers.Select(sharer => StreamClient.OpenAsync(Client, "/writer", sharer.LastEventId)));
        Feed.Write(Numbers(201, 400));
        Feed.End();

        string[][] rest = await Task.WhenAll(back.Select(sharer => sharer.ReadToEndAsync()));
        Assert.All(first.Zip(rest), each => Assert.Equal(Numbers(1, 400), each.First.Concat(each.Second)));
    }

    [Fact]
    public async Task A_placeholder_is_skipped()
    {
        await StartSharedAppAsync();
        StreamClient[] sharers = await Task.WhenAll(Enumerable.Range(0, Sharers).Select(_ => FollowAsync("t")));

        var placeholder = new SseAppendRequest { Topic = "t", Payloads = [new[] { EventPayload.ControlMark }] };
        await ((Publisher)Publisher).AppendAsync(placeholder, CancellationToken.None);
        string[] ids = await PublishAsync(1, 3);
        await Publisher.CompleteAsync("t");

        foreach (StreamClient sharer in sharers)
        {
            Assert.Equal(Numbers(1, 3), await sharer.TakeAsync(3));
            Assert.Equal(ids[^1], sharer.LastEventId);
            Assert.Null(await sharer.TryNextAsync());
        }
    }

    private Task StartSharedAppAsync() => StartFollowAppAsync(
        bounds: bounds => bounds.MaxEventsPerTopic = 100_000,
        endpoints: app =>
        {
            app.MapSse("/odd", () => SseResults.Follow(["t"], new SseFollowOptions { EventTypeFilter = type => type == "odd" }));
            app.MapSse("/plain", () => SseResults.Follow(["t"], new SseFollowOptions { Format = SseFollowFormat.Plain }));
        });

    private async Task<string[]> PublishAsync(int first, int last)
    {
        var ids = new string[last - first + 1];
        for (int number = first; number <= last; number++)
        {
            ids[number - first] = await Publisher.PublishAsync("t", Number(number), number % 2 == 0 ? "even" : "odd");
        }

        return ids;
    }

    private static async Task<(string Id, string Data)[]> ReadAsync(StreamClient client)
    {
        List<(string Id, string Data)> read = [];
        while (await client.TryNextAsync() is { } item)
        {
            // A client whose filter excludes the last events may get its position behind them.
            if (item.EventType != "ssekit.open")
            {
                read.Add((item.EventId!, item.Data));
            }
        }

        return [.. read];
    }
}
