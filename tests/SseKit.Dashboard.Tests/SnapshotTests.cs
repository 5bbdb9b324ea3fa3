using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Dashboard.Tests.Infrastructure;

namespace SseKit.Dashboard.Tests;

/// <summary>What a dashboard costs the app, and what it does if services of the app fail.</summary>
public sealed class SnapshotTests : DashboardTest
{
    private readonly ManyConnections _connections = new();

    [Fact]
    public async Task Ten_thousand_streams_make_a_small_snapshot()
    {
        await StartWithConnectionsAsync();
        _connections.Streams = [.. Enumerable.Range(0, 10_000).Select(number => StreamOf(number))];

        Viewer viewer = await WatchAsync();
        JsonElement overview = await viewer.NextAsync("overview");
        JsonElement table = await viewer.NextAsync("connections");

        Assert.Equal((10_000, 5_000), (overview.Int("open"), overview.Int("slow")));
        Assert.Equal((10_000, 20), (overview.GetProperty("users").Int("total"), overview.Rows("users").Length));
        Assert.Equal((10_000, 50), (overview.GetProperty("topics").Int("total"), overview.Rows("topics").Length));
        Assert.Equal((10_000, 100), (table.Int("total"), table.Rows().Length));
        Assert.InRange(SizeOf(overview) + SizeOf(table), 1, 60_000);
    }

    [Fact]
    public async Task Longest_names_do_not_make_a_snapshot_large()
    {
        await StartWithConnectionsAsync();
        _connections.Streams = [.. Enumerable.Range(0, 1000).Select(number => StreamOf(number, new string('é', 8000)))];

        Viewer viewer = await WatchAsync();
        JsonElement overview = await viewer.NextAsync("overview");
        JsonElement table = await viewer.NextAsync("connections");

        Assert.EndsWith("…", table.Rows()[0].Text("path"));
        Assert.InRange(SizeOf(overview) + SizeOf(table), 1, 300_000);
    }

    [Theory]
    [InlineData("?filter=USER-42", 111, "/421")]
    [InlineData("?filter=topic-7", 1111, "/7")]
    [InlineData("?slow=1", 5000, "/1")]
    [InlineData("?slow=1&filter=/43", 56, "/43")]
    [InlineData("?filter=nothing", 0, null)]
    public async Task Filter_selects_the_rows_on_the_server(string query, int total, string? first)
    {
        await StartWithConnectionsAsync();
        _connections.Streams = [.. Enumerable.Range(0, 10_000).Select(number => StreamOf(number))];

        Viewer viewer = await WatchAsync(query);
        JsonElement table = await viewer.NextAsync("connections");

        Assert.Equal(total, table.Int("total"));
        Assert.Equal(first, table.Rows().FirstOrDefault() is { ValueKind: JsonValueKind.Object } row ? row.Text("path") : null);
    }

    [Fact]
    public async Task Nothing_is_read_without_a_viewer_and_once_for_many()
    {
        await StartWithConnectionsAsync();
        Assert.Equal(0, _connections.Reads);

        Viewer first = await WatchAsync();
        await first.NextAsync("connections");
        Viewer second = await WatchAsync();
        await second.NextAsync("connections");
        Assert.Equal(1, _connections.Reads);
        Time.Advance(TimeSpan.FromSeconds(1));
        await first.NextAsync("connections");
        await second.NextAsync("connections");
        Assert.Equal(2, _connections.Reads);

        await first.DisposeAsync();
        await second.DisposeAsync();
        await TestTimeout.UntilAsync(() => Task.FromResult(IsIdle()));
        int reads = _connections.Reads;
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(reads, _connections.Reads);

        // A viewer that comes back starts it again.
        Viewer third = await WatchAsync();
        await third.NextAsync("connections");
        Assert.Equal(reads + 1, _connections.Reads);
    }

    [Fact]
    public async Task Service_that_throws_is_logged_once_and_tried_again()
    {
        await StartWithConnectionsAsync();
        _connections.Failure = new IOException("The disk has failed.");
        Viewer viewer = await WatchAsync();
        Task<JsonElement> next = viewer.NextAsync("overview");
        await TestTimeout.UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return _connections.Reads > 3;
        });

        Assert.False(next.IsCompleted);
        _connections.Failure = null;
        await TestTimeout.UntilAsync(() =>
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            return next.IsCompleted;
        });
        Assert.Single(Logs.Records, record => record.Message.StartsWith("Failed to list the app's streams", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Store_that_throws_is_shown_and_delays_nothing()
    {
        await StartDashboardAsync();
        await FollowAsync("a");
        Store.BeforeStates = _ => throw new IOException("The disk has failed.");
        Viewer viewer = await WatchAsync();

        JsonElement failing = await viewer.OverviewAsync(overview => overview.Text("storeFault") == "unavailable");
        await viewer.OverviewAsync(overview => overview.Text("storeFault") == "unavailable");
        Store.BeforeStates = null;
        await viewer.OverviewAsync(overview => overview.Text("storeFault") is null);

        Assert.Equal(1, failing.Rows("topics")[0].Int("followers"));
        Assert.Single(Logs.Records, record => record.Message.StartsWith("Failed to read the states", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Store_that_hangs_is_shown_and_delays_nothing(bool blocks)
    {
        await StartDashboardAsync();
        await FollowAsync("a");
        var answer = new Signal();
        int reads = 0;
        Store.BeforeStates = timeout =>
        {
            Interlocked.Increment(ref reads);
            if (blocks)
            {
                answer.WaitAsync(CancellationToken.None).GetAwaiter().GetResult();
            }

            return answer.WaitAsync(CancellationToken.None);
        };
        Viewer viewer = await WatchAsync();

        await viewer.OverviewAsync(overview => overview.Text("storeFault") == "slow");
        await viewer.OverviewAsync(overview => overview.Text("storeFault") == "slow");
        Assert.Equal(1, reads);
        answer.Set();
        await viewer.OverviewAsync(overview => overview.Text("storeFault") is null && overview.Rows("topics")[0].Text("status") == "Open");
    }

    private Task StartWithConnectionsAsync() => StartDashboardAsync(
        services: builder => builder.Services.AddSingleton<ISseConnections>(_connections));

    private static SseConnectionInfo StreamOf(int number, string suffix = "") => new()
    {
        Id = $"server-{number}",
        Route = "/{number}",
        Path = $"/{number}{suffix}",
        User = $"user-{number}{suffix}",
        RemoteAddress = "127.0.0.1",
        Topics = suffix.Length == 0
            ? [$"topic-{number}"]
            : [.. Enumerable.Range(0, 16).Select(topic => $"{number}-{topic}{suffix}"[..256])],
        OpenedAt = DateTimeOffset.UnixEpoch.AddSeconds(number),
        LastWriteAt = DateTimeOffset.UnixEpoch.AddSeconds(number),
        Events = number,
        Bytes = number,
        UnreadSince = number % 2 == 1 && suffix.Length == 0 ? DateTimeOffset.UnixEpoch.AddSeconds(number) : null,
    };

    private static int SizeOf(JsonElement element) => Encoding.UTF8.GetByteCount(element.GetRawText());

    // The loop of the snapshots has ended when a second passes without a read.
    private bool IsIdle()
    {
        int reads = _connections.Reads;
        Time.Advance(TimeSpan.FromSeconds(1));
        return reads == _connections.Reads;
    }

    private sealed class ManyConnections : ISseConnections
    {
        private int _reads;

        public IReadOnlyList<SseConnectionInfo> Streams { get; set; } = [];

        public Exception? Failure { get; set; }

        public int Reads => Volatile.Read(ref _reads);

        public IReadOnlyList<SseConnectionInfo> GetConnections()
        {
            Interlocked.Increment(ref _reads);
            return Failure is { } failure ? throw failure : Streams;
        }

        public int Disconnect(Func<SseConnectionInfo, bool> which, TimeSpan? retry = null, string? reason = null) => 0;

        public ValueTask<int> DisconnectAsync(SseDisconnect which, CancellationToken cancellationToken = default) => new(0);
    }
}
