using System.Net;
using System.Net.Sockets;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>
/// Following over HTTP/2: many streams share one connection, and an aborted stream is a reset instead of a closed socket.
/// </summary>
public sealed class FollowHttp2Tests : FollowTest
{
    [Fact]
    public async Task Several_streams_follow_on_one_connection()
    {
        int connections = 0;
        await StartFollowAppAsync();
        HttpClient http = CountingClient(() => Interlocked.Increment(ref connections));

        StreamClient[] clients = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => StreamClient.OpenAsync(http, $"/follow?topics=t{i % 2}")));
        await PublishNumbersAsync("t0", 1, 100);
        await PublishNumbersAsync("t1", 101, 200);
        string[][] read = await Task.WhenAll(clients.Select(client => client.TakeAsync(100)));

        Assert.All(read.Where((_, i) => i % 2 == 0), data => Assert.Equal(Numbers(1, 100), data));
        Assert.All(read.Where((_, i) => i % 2 == 1), data => Assert.Equal(Numbers(101, 200), data));
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task One_disconnected_stream_resumes_beside_the_others()
    {
        await StartFollowAppAsync();
        HttpClient http = App.CreateHttp2Client();
        StreamClient leaves = await StreamClient.OpenAsync(http, "/follow?topics=t");
        StreamClient stays = await StreamClient.OpenAsync(http, "/follow?topics=t");
        await PublishNumbersAsync("t", 1, 3);
        Assert.Equal(["1", "2"], await leaves.TakeAsync(2));

        await leaves.DisposeAsync();
        await PublishNumbersAsync("t", 4, 5);
        StreamClient back = await StreamClient.OpenAsync(http, "/follow?topics=t", leaves.LastEventId);
        await PublishNumbersAsync("t", 6, 6);

        Assert.Equal(Numbers(3, 6), await back.TakeAsync(4));
        Assert.Equal(Numbers(1, 6), await stays.TakeAsync(6));
    }

    [Fact]
    public async Task A_completed_topic_ends_its_streams_and_answers_204()
    {
        await StartFollowAppAsync();
        HttpClient http = App.CreateHttp2Client();
        StreamClient client = await StreamClient.OpenAsync(http, "/follow?topics=t");

        await PublishNumbersAsync("t", 1, 2);
        await Publisher.CompleteAsync("t");
        string[] all = await client.ReadToEndAsync();
        StreamClient again = await StreamClient.ConnectAsync(http, "/follow?topics=t", client.LastEventId);

        Assert.Equal(Numbers(1, 2), all);
        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task A_stopping_host_ends_all_streams_of_a_connection_cleanly()
    {
        await StartFollowAppAsync();
        HttpClient http = App.CreateHttp2Client();
        StreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => StreamClient.OpenAsync(http, "/follow?topics=t")));

        await App.StopAsync().OrTimeout();

        Assert.All(await Task.WhenAll(clients.Select(client => client.ReadToEndAsync())), Assert.Empty);
    }

    private HttpClient CountingClient(Action connected)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                connected();
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return App.CreateHttp2Client(handler);
    }
}
