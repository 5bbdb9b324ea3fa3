using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SseKit.SharedStores;

/// <summary>
/// A resumable endpoint on two servers that share a store. The handler writes the test's items, on whichever server it runs.
/// </summary>
public sealed class ReplayTests : StoreTest
{
    private readonly Channel<string> _items = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _mayRefuse = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _refusing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Signal _stopped = new();
    private int _runs;

    [Fact]
    public async Task The_handler_runs_once_for_the_clients_of_both_servers()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        Write("1", "2");
        await using StreamClient first = await StreamClient.OpenAsync(a.CreateClient(), "/run");
        Assert.Equal(["1", "2"], await first.TakeAsync(2));

        StreamClient[] others = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => StreamClient.OpenAsync(b.CreateClient(), "/run")));
        Write("3");
        _items.Writer.Complete();

        foreach (StreamClient client in others)
        {
            Assert.Equal(["1", "2", "3"], await client.ReadToEndAsync());
            await client.DisposeAsync();
        }

        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Concurrent_requests_to_several_servers_run_the_handler_once()
    {
        KestrelApp[] servers = [await StartReplayAppAsync(), await StartReplayAppAsync(), await StartReplayAppAsync()];
        Write("1");

        StreamClient[] clients = await Task.WhenAll(Enumerable.Range(0, 12).Select(
            number => StreamClient.OpenAsync(servers[number % 3].CreateClient(), "/run")));
        _items.Writer.Complete();

        foreach (StreamClient client in clients)
        {
            Assert.Equal(["1"], await client.ReadToEndAsync());
            await client.DisposeAsync();
        }

        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Clients_of_another_server_get_headers_before_the_first_event()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        await using StreamClient first = await StreamClient.OpenAsync(a.CreateClient(), "/run");

        await using StreamClient other = await StreamClient.OpenAsync(b.CreateClient(), "/run");

        Write("1", "2");
        Assert.Equal(["1", "2"], await first.TakeAsync(2));
        Assert.Equal(["1", "2"], await other.TakeAsync(2));
        Assert.Equal(first.LastEventId, other.LastEventId);
        _items.Writer.Complete();
        Assert.Empty(await other.ReadToEndAsync());
        Assert.Equal(["1", "2"], (await PublisherOf(b).ReadAsync("run").ToListAsync()).Select(item => item.Data));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task Clients_of_both_servers_get_the_handlers_status_and_headers()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        using HttpResponseMessage starter = await BeginAsync(a);

        using HttpResponseMessage live = await BeginAsync(b);
        Write("1");
        _items.Writer.Complete();
        await Task.WhenAll(starter.Content.ReadAsStringAsync(), live.Content.ReadAsStringAsync()).OrTimeout();
        KestrelApp c = await StartReplayAppAsync();
        using HttpResponseMessage late = await BeginAsync(c);

        Assert.True(starter.Headers.Contains("Set-Cookie"));
        Assert.All([live, late], response => Assert.False(response.Headers.Contains("Set-Cookie")));
        Assert.All([starter, live, late], response =>
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.Equal(["7"], response.Headers.GetValues("X-Chat-Id"));
        });
        Assert.Equal(1, _runs);

        Task<HttpResponseMessage> BeginAsync(KestrelApp app) =>
            app.CreateClient().GetAsync("/run?status=201", HttpCompletionOption.ResponseHeadersRead).OrTimeout();
    }

    [Fact]
    public async Task A_client_of_a_completed_empty_run_gets_204()
    {
        KestrelApp app = await StartReplayAppAsync();
        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/run");
        _items.Writer.Complete();
        await client.ReadToEndAsync();

        await using StreamClient again = await StreamClient.ConnectAsync(app.CreateClient(), "/run", client.LastEventId);

        Assert.Equal(HttpStatusCode.NoContent, again.Status);
    }

    [Fact]
    public async Task A_run_whose_server_ends_before_its_first_event_fails()
    {
        KestrelApp a = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(1));
        KestrelApp b = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(1));
        await using StreamClient first = await StreamClient.OpenAsync(a.CreateClient(), "/run");
        await using StreamClient other = await StreamClient.OpenAsync(b.CreateClient(), "/run");

        // For the store, a server without its lease has ended.
        await GiveLeaseAwayAsync("run");
        await Logs.WaitForAsync(record => record.Message.Contains("was stopped", StringComparison.Ordinal));
        await DeleteLeaseAsync("run");

        Assert.Equal("ssekit.failed", Assert.Single(await other.ReadToBreakAsync()).EventType);
    }

    [Fact]
    public async Task A_refused_request_leaves_the_run_to_the_next_request()
    {
        KestrelApp a = await StartReplayAppAsync();
        KestrelApp b = await StartReplayAppAsync();
        Write("1");
        Task<HttpResponseMessage> refused = a.CreateClient().GetAsync("/run?refuse=true");
        await _refusing.Task.OrTimeout();
        Task<StreamClient> waiting = StreamClient.OpenAsync(b.CreateClient(), "/run");

        _mayRefuse.SetResult();

        Assert.Equal(HttpStatusCode.Unauthorized, (await refused.OrTimeout()).StatusCode);
        await using StreamClient client = await waiting.OrTimeout();
        Assert.Equal(["1"], await client.TakeAsync(1));
        _items.Writer.Complete();
    }

    [Fact]
    public async Task A_run_that_lost_its_lease_stops()
    {
        KestrelApp a = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(1));
        Write("1");
        await using StreamClient client = await StreamClient.OpenAsync(a.CreateClient(), "/run");
        Assert.Equal(["1"], await client.TakeAsync(1));
        await GiveLeaseAwayAsync("run");

        await Logs.WaitForAsync(record => record.Message.Contains("was stopped", StringComparison.Ordinal));
        Write("never stored");
        await DeleteLeaseAsync("run");

        // No server has the lease any more, and the watching server reports that.
        Assert.Equal("ssekit.failed", Assert.Single(await client.ReadToBreakAsync()).EventType);
    }

    [Fact]
    public async Task A_run_continues_while_a_client_follows_on_another_server()
    {
        KestrelApp a = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(3), stopWithoutFollowersAfter: TimeSpan.FromSeconds(2));
        KestrelApp b = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(3), stopWithoutFollowersAfter: TimeSpan.FromSeconds(2));
        Write("1");
        StreamClient client = await StreamClient.OpenAsync(a.CreateClient(), "/run");
        Assert.Equal(["1"], await client.TakeAsync(1));

        StreamClient moved = await StreamClient.OpenAsync(b.CreateClient(), "/run", client.LastEventId);
        await client.DisposeAsync();

        // Longer than one renewal of the followers' lease.
        await ServerTimeAsync(seconds: 7);
        Write("2");
        Assert.Equal(["2"], await moved.TakeAsync(1));
        Assert.False(_stopped.IsSet);

        long left = TimeProvider.System.GetTimestamp();
        await moved.DisposeAsync();
        await _stopped.WaitAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(left) > TimeSpan.FromSeconds(1.9));
        Assert.Equal(1, _runs);
    }

    [Fact]
    public async Task A_run_completes_for_a_client_of_another_server()
    {
        KestrelApp a = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(3), stopWithoutFollowersAfter: TimeSpan.FromSeconds(2));
        KestrelApp b = await StartReplayAppAsync(lease: TimeSpan.FromSeconds(3), stopWithoutFollowersAfter: TimeSpan.FromSeconds(2));
        Write("1");
        StreamClient client = await StreamClient.OpenAsync(a.CreateClient(), "/run");
        Assert.Equal(["1"], await client.TakeAsync(1));

        await client.DisposeAsync();
        await using StreamClient moved = await StreamClient.OpenAsync(b.CreateClient(), "/run", client.LastEventId);
        await ServerTimeAsync(seconds: 4);
        Write("2");
        _items.Writer.Complete();

        Assert.Equal(["2"], await moved.ReadToEndAsync());
        Assert.Equal(1, _runs);
    }

    private Task<KestrelApp> StartReplayAppAsync(
        TimeSpan? lease = null, TimeSpan? stopWithoutFollowersAfter = null) => StartAppAsync(endpoints: app =>
        app.MapGet("/run", async (HttpContext context, bool? refuse, int? status) =>
        {
            if (refuse == true)
            {
                _refusing.SetResult();
                await _mayRefuse.Task;
                return Results.Unauthorized();
            }

            Interlocked.Increment(ref _runs);
            context.RequestAborted.Register(_stopped.Set);
            context.Response.StatusCode = status ?? StatusCodes.Status200OK;
            context.Response.Headers["X-Chat-Id"] = "7";
            context.Response.Cookies.Append("run", "1");
            return TypedResults.ServerSentEvents(_items.Reader.ReadAllAsync(context.RequestAborted));
        }).WithSseReplay("run", options =>
        {
            options.LeaseDuration = lease ?? TimeSpan.FromSeconds(15);
            options.StopWithoutFollowersAfter = stopWithoutFollowersAfter ?? Timeout.InfiniteTimeSpan;
        }));

    private void Write(params string[] items)
    {
        foreach (string item in items)
        {
            Assert.True(_items.Writer.TryWrite(item));
        }
    }
}
