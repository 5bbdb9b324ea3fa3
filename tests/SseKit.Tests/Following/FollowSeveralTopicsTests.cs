using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

public sealed class FollowSeveralTopicsTests : FollowTest
{
    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(16)]
    public async Task One_id_resumes_all_topics_while_all_of_them_move(int topics)
    {
        const int Rounds = 40;
        await StartFollowAppAsync();
        string names = string.Join(',', Enumerable.Range(1, topics).Select(topic => $"t{topic}"));
        StreamClient client = await FollowAsync(names);
        Task publishing = Task.Run(async () =>
        {
            for (int round = 1; round <= Rounds; round++)
            {
                for (int topic = 1; topic <= topics; topic++)
                {
                    await Publisher.PublishAsync($"t{topic}", $"{topic}:{round}");
                }
            }
        });

        List<string> received = [];
        while (received.Count < topics * Rounds)
        {
            received.AddRange(await client.TakeAsync(Math.Min(7, (topics * Rounds) - received.Count)));
            Assert.InRange(client.LastEventId.Length, 1, 128);
            Assert.Matches("^[A-Za-z0-9._~-]+$", client.LastEventId);
            await client.DisposeAsync();
            client = await FollowAsync(names, client.LastEventId);
        }

        await publishing;
        for (int topic = 1; topic <= topics; topic++)
        {
            Assert.Equal(
                Enumerable.Range(1, Rounds).Select(round => $"{topic}:{round}"),
                received.Where(data => data.StartsWith($"{topic}:", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Order_and_repetition_of_topic_names_do_not_matter()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("a,b");
        await client.DisposeAsync();
        await Publisher.PublishAsync("a", "of a");
        await Publisher.PublishAsync("b", "of b");

        StreamClient again = await FollowAsync("b,a,b", client.LastEventId);

        Assert.Equal(["of a", "of b"], (await again.TakeAsync(2)).Order());
    }

    [Fact]
    public void Topics_beyond_the_capacity_of_an_id_are_refused()
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => SseResults.Follow([.. Enumerable.Range(1, 17).Select(topic => $"t{topic}")]));

        Assert.Contains("1 to 16 topics", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("17", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SseResults.Follow());
        Assert.Throws<ArgumentException>(() => SseResults.Follow("a", ""));
        Assert.Throws<ArgumentException>(() => SseResults.Follow(new string('a', 257)));
    }

    [Fact]
    public async Task A_gap_is_reported_before_events_of_other_topics()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("a,b");
        await client.DisposeAsync();
        await Publisher.PublishAsync("a", "of a");
        await Store.DeleteAsync("b", null, CancellationToken.None);

        StreamClient again = await FollowAsync("a,b", client.LastEventId);
        string gap = (await again.NextAsync()).EventType;
        await again.DisposeAsync();
        StreamClient third = await FollowAsync("a,b", again.LastEventId);

        Assert.Equal("ssekit.gap", gap);
        Assert.Equal(["of a"], await third.TakeAsync(1));
    }

    [Fact]
    public async Task The_stream_ends_when_all_its_topics_are_complete()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("a,b");
        await Publisher.PublishAsync("a", "1");
        await Publisher.CompleteAsync("a");
        await Publisher.PublishAsync("b", "2");
        await Publisher.CompleteAsync("b");

        Assert.Equal(["1", "2"], await client.ReadToEndAsync());
        StreamClient again = await StreamClient.ConnectAsync(Client, "/follow?topics=a,b", client.LastEventId);
        Assert.Equal(System.Net.HttpStatusCode.NoContent, again.Status);
    }
}
