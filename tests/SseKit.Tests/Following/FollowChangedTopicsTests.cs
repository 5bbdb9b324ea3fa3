using System.Net.ServerSentEvents;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>The app changes the topics of a client between two connections.</summary>
public sealed class FollowChangedTopicsTests : FollowTest
{
    private static readonly string[] AllTopics = ["a", "b", "c"];

    [Theory]
    [InlineData("a,b", "a,b,c", "a1 a2 b1 b2")]
    [InlineData("b,c", "a,b,c", "b1 b2 c1 c2")]
    [InlineData("a,b,c", "a,c", "a1 a2 c1 c2")]
    [InlineData("a,b", "b,c", "b1 b2")]
    [InlineData("a,b", "c,b", "b1 b2")]
    [InlineData("a", "a,b", "a1 a2")]
    [InlineData("b", "a,b,c", "b1 b2")]
    [InlineData("a,b", "a", "a1 a2")]
    [InlineData("a,b,c", "b", "b1 b2")]
    public async Task Topics_of_both_sets_continue_and_others_start(string before, string after, string expected)
    {
        await StartFollowAppAsync();
        await PublishToAllAsync("0");
        string id = await LeaveAsync(before);
        await PublishToAllAsync("1");
        await PublishToAllAsync("2");

        StreamClient again = await FollowAsync(after, id);

        Assert.Equal(expected.Split(' '), (await again.TakeAsync(expected.Split(' ').Length)).Order());
        await PublishToAllAsync("3");
        string[] followed = after.Split(',');
        Assert.Equal(followed.Order().Select(topic => $"{topic}3"), (await again.TakeAsync(followed.Length)).Order());
    }

    [Theory]
    [InlineData("a,b", "a,b,c", "a1 b1 c0 c1")]
    [InlineData("a", "a,c", "a1 c0 c1")]
    public async Task A_new_topic_starts_where_a_new_client_does(string before, string after, string expected)
    {
        await StartFollowAppAsync(options => options.ReplayStart = SseReplayStart.Earliest);
        await Publisher.PublishAsync("c", "c0");
        string id = await LeaveAsync(before);
        await PublishToAllAsync("1");

        StreamClient again = await FollowAsync(after, id);

        Assert.Equal(expected.Split(' '), (await again.TakeAsync(expected.Split(' ').Length)).Order());
    }

    [Theory]
    [InlineData("a,b", "c,d")]
    [InlineData("a,b", "c")]
    [InlineData("a", "b,c")]
    public async Task An_id_without_a_common_topic_is_a_gap_in_all(string before, string after)
    {
        await StartFollowAppAsync();
        string id = await LeaveAsync(before);

        StreamClient again = await FollowAsync(after, id);

        foreach (string topic in after.Split(','))
        {
            SseItem<string> gap = await again.NextAsync();
            Assert.Equal("ssekit.gap", gap.EventType);
            Assert.StartsWith("{\"reason\":\"unknown\"", gap.Data, StringComparison.Ordinal);
            Assert.Equal(after.Contains(','), gap.Data.Contains($"\"topic\":\"{topic}\"", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task A_lost_topic_is_a_gap_in_a_changed_set()
    {
        await StartFollowAppAsync();
        await PublishToAllAsync("0");
        string id = await LeaveAsync("a,b");
        await Store.DeleteAsync("b", null, CancellationToken.None);
        await PublishToAllAsync("1");

        StreamClient again = await FollowAsync("a,b,c", id);

        Assert.Equal(["{\"reason\":\"unknown\",\"topic\":\"b\"}", "a1"], await again.TakeAsync(2));
    }

    [Fact]
    public async Task Sets_that_change_at_each_reconnect_lose_and_repeat_nothing()
    {
        const int Reconnects = 60;
        string[] all = [.. Enumerable.Range(0, 18).Select(topic => $"t{topic}")];
        string[] published = [.. all];
        await StartFollowAppAsync();
        using var stop = new CancellationTokenSource();
        Task publishing = Task.Run(async () =>
        {
            for (int round = 1; !stop.IsCancellationRequested; round++)
            {
                foreach (string topic in published)
                {
                    await Publisher.PublishAsync(topic, $"{topic} {round}");
                }
            }
        });

        // Each topic's last number, while it stays in the set.
        Dictionary<string, int> last = [];
        string[] topics = [];
        string? id = null;
        for (int i = 0; i < Reconnects; i++)
        {
            // At least one stays.
            Random.Shared.Shuffle(all);
            topics = [.. topics.Take(1), .. all.Except(topics.Take(1)).Take(Random.Shared.Next(1, 16))];
            await using StreamClient client = await FollowAsync(string.Join(',', topics), id);
            foreach (string left in last.Keys.Except(topics).ToArray())
            {
                last.Remove(left);
            }

            foreach (string data in await client.TakeAsync(Random.Shared.Next(1, 60)))
            {
                string[] parts = data.Split(' ');
                int number = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
                Assert.Equal(last.GetValueOrDefault(parts[0], number - 1) + 1, number);
                last[parts[0]] = number;
            }

            id = client.LastEventId;
        }

        await stop.CancelAsync();
        await publishing;
    }

    // Connects, and disconnects with the id of the opening.
    private async Task<string> LeaveAsync(string topics)
    {
        await using StreamClient client = await FollowAsync(topics);
        return client.LastEventId;
    }

    private async Task PublishToAllAsync(string number)
    {
        foreach (string topic in AllTopics)
        {
            await Publisher.PublishAsync(topic, topic + number);
        }
    }
}
