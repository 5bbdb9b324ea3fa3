using SseKit.Redis.Tests.Infrastructure;

namespace SseKit.Redis.Tests;

/// <summary>Servers of an app as in production: processes that share only Redis.</summary>
public sealed class ProcessTests : RedisTest
{
    [Fact]
    public async Task Clients_of_a_killed_server_resume_at_another()
    {
        await using AppProcess a = await StartProcessAsync();
        await using AppProcess b = await StartProcessAsync();
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
    public async Task A_run_of_a_killed_server_is_marked_failed()
    {
        await using AppProcess a = await StartProcessAsync();
        await using AppProcess b = await StartProcessAsync();
        await using StreamClient first = await StreamClient.OpenAsync(a.Client, "/run/answer");
        await using StreamClient other = await StreamClient.OpenAsync(b.Client, "/run/answer");

        // Longer than the lease's duration, so it is renewed.
        List<string> read = [];
        while (read.Count < 150)
        {
            if (await other.NextAsync() is { EventType: "message" } item)
            {
                read.Add(item.Data);
            }
        }

        await a.KillAsync();

        var rest = (await other.ReadToBreakAsync()).Where(item => item.EventType != "ssekit.open").ToList();
        Assert.Equal("ssekit.failed", rest[^1].EventType);
        read.AddRange(rest[..^1].Select(item => item.Data));
        Assert.Equal(Numbers(1, read.Count), read);
        await using StreamClient late = await StreamClient.OpenAsync(b.Client, "/run/answer");
        Assert.Equal("ssekit.failed", (await late.ReadToBreakAsync())[^1].EventType);
    }

    private Task<AppProcess> StartProcessAsync() => AppProcess.StartAsync("redis", Server.Configuration, Prefix);
}
