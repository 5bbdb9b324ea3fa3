using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>Servers of an app as in production: processes that share only a database.</summary>
public sealed class ProcessTests : PostgreSqlTest
{
    [Fact]
    public async Task Clients_of_a_killed_server_resume_at_another()
    {
        await using AppProcess a = await AppProcess.StartAsync("postgres", Server.ConnectionString, Schema);
        await using AppProcess b = await AppProcess.StartAsync("postgres", Server.ConnectionString, Schema);
        await using StreamClient there = await StreamClient.OpenAsync(b.Client, "/follow/room");
        StreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => StreamClient.OpenAsync(a.Client, "/follow/room")));
        for (int i = 1; i <= 20; i++)
        {
            await a.PublishAsync("room", $"{i}");
        }

        // Some have read more than others when the server is killed.
        for (int i = 0; i < clients.Length; i++)
        {
            Assert.Equal(Numbers(1, i), await clients[i].TakeAsync(i));
        }

        await a.KillAsync();
        await b.PublishAsync("room", "21");

        Assert.Equal(Numbers(1, 21), await there.TakeAsync(21));
        for (int i = 0; i < clients.Length; i++)
        {
            await using StreamClient again = await StreamClient.OpenAsync(b.Client, "/follow/room", clients[i].LastEventId);
            Assert.Equal(Numbers(i + 1, 21), await again.TakeAsync(21 - i));
            await clients[i].DisposeAsync();
        }
    }

    [Fact]
    public async Task A_publish_with_unknown_outcome_is_repeated_at_another_server()
    {
        await using AppProcess a = await AppProcess.StartAsync("postgres", Server.ConnectionString, Schema);
        await using AppProcess b = await AppProcess.StartAsync("postgres", Server.ConnectionString, Schema);
        await using StreamClient client = await StreamClient.OpenAsync(b.Client, "/follow/room");
        Task<string>[] publishing = [.. Enumerable.Range(1, 200).Select(number => a.PublishAsync("room", $"{number}", $"key {number}"))];
        await Task.WhenAny(publishing);

        await a.KillAsync();
        foreach (int number in Enumerable.Range(1, 200))
        {
            await b.PublishAsync("room", $"{number}", $"key {number}");
        }

        string[] received = await client.TakeAsync(200);
        Assert.Equal(Numbers(1, 200).Order(StringComparer.Ordinal), received.Order(StringComparer.Ordinal));
        await Task.WhenAll(publishing).ContinueWith(_ => { }, TaskScheduler.Default);
    }

    [Fact]
    public async Task A_run_of_a_killed_server_is_marked_failed()
    {
        await using AppProcess a = await AppProcess.StartAsync("postgres", Server.ConnectionString, Schema);
        await using AppProcess b = await AppProcess.StartAsync("postgres", Server.ConnectionString, Schema);
        await using StreamClient first = await StreamClient.OpenAsync(a.Client, "/run/answer");
        Assert.Equal(Numbers(1, 10), await TakeEventsAsync(first, 10));

        // Longer than the lease's duration, so it is renewed.
        await using StreamClient other = await StreamClient.OpenAsync(b.Client, "/run/answer");
        Assert.Equal(Numbers(1, 150), await TakeEventsAsync(other, 150));
        await a.KillAsync();

        var rest = (await other.ReadToBreakAsync()).ToList();
        Assert.Equal("ssekit.failed", rest[^1].EventType);
        Assert.Equal(Numbers(151, 150 + rest.Count - 1), rest[..^1].Select(item => item.Data));
        await using StreamClient late = await StreamClient.OpenAsync(b.Client, "/run/answer");
        Assert.Equal("ssekit.failed", (await late.ReadToBreakAsync())[^1].EventType);
    }

    // A heartbeat before the first event sends the position, as an event that has no listeners.
    private static async Task<string[]> TakeEventsAsync(StreamClient client, int count)
    {
        List<string> data = [];
        while (data.Count < count)
        {
            if (await client.NextAsync() is { EventType: not "ssekit.open" } item)
            {
                data.Add(item.Data);
            }
        }

        return [.. data];
    }
}
