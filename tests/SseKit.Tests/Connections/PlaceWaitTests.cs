using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>A page that is loaded again: its new stream is requested before the server detects that the old one was closed.</summary>
public sealed class PlaceWaitTests : ServerTest
{
    private readonly ManualTimeProvider _time = new();

    private KestrelApp App { get; set; } = null!;

    private ConnectionRegistry Registry => App.Services.GetRequiredService<StreamRuntime>().Registry;

    public override async Task InitializeAsync() => App = await StartAsync(Map, builder => builder.Services
        .AddSse(options => options.MaxConnections = 3)
        .Services.AddSingleton<TimeProvider>(_time));

    [Theory]
    [InlineData("/writer")]
    [InlineData("/follow")]
    [InlineData("/run")]
    [InlineData("/framework")]
    public async Task A_stream_waits_for_the_place_of_one_that_closes(string path)
    {
        StreamingResponse old = await OpenAsync(path);

        Task<StreamingResponse> opening = OpenAsync(path);
        await WaitingCountAsync(1);
        old.Dispose();
        using StreamingResponse second = await opening;
        await second.ReadUntilAsync("retry: ");

        Assert.Equal(HttpStatusCode.OK, second.Status);
        Assert.Equal((1, 0), (Registry.Count, Registry.Waiting));
        second.Dispose();
        await LeftAsync();
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/follow")]
    [InlineData("/run")]
    [InlineData("/framework")]
    public async Task Without_a_place_in_time_it_is_rejected(string path)
    {
        using StreamingResponse old = await OpenAsync(path);

        Task<StreamingResponse> opening = OpenAsync(path);
        await WaitingCountAsync(1);
        _time.Advance(TimeSpan.FromMilliseconds(249));
        Assert.Equal(1, Registry.Waiting);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await opening).Status);
        Assert.Equal((1, 0), (Registry.Count, Registry.Waiting));
    }

    [Fact]
    public async Task As_many_wait_as_the_key_has_places()
    {
        using StreamingResponse old = await OpenAsync("/writer");
        Task<StreamingResponse> opening = OpenAsync("/writer");
        await WaitingCountAsync(1);

        using StreamingResponse third = await OpenAsync("/writer");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.Status);

        old.Dispose();
        Assert.Equal(HttpStatusCode.OK, (await opening).Status);
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/follow")]
    [InlineData("/run")]
    [InlineData("/framework")]
    public async Task A_client_that_leaves_while_it_waits_leaves_nothing(string path)
    {
        StreamingResponse old = await OpenAsync(path);
        RawConnection client = await App.ConnectAsync();
        await client.GetAsync(path);
        await WaitingCountAsync(1);

        client.Reset();
        await WaitingCountAsync(0);
        old.Dispose();
        await LeftAsync();

        Assert.DoesNotContain(Logs.Records, record => record.Id.Id == LogEventIds.ConnectionRefused);
    }

    [Fact]
    public async Task A_stopping_host_ends_the_wait()
    {
        using StreamingResponse old = await OpenAsync("/writer");
        Task<StreamingResponse> opening = OpenAsync("/writer");
        await WaitingCountAsync(1);

        await App.StopAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await opening).Status);
    }

    [Fact]
    public async Task No_stream_waits_for_a_place_under_MaxConnections()
    {
        using StreamingResponse first = await OpenAsync("/unlimited");
        using StreamingResponse second = await OpenAsync("/unlimited");
        using StreamingResponse third = await OpenAsync("/unlimited");

        using StreamingResponse fourth = await OpenAsync("/unlimited");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, fourth.Status);
    }

    private static void Map(WebApplication app)
    {
        app.UseSse();
        app.MapSse("/unlimited", WaitAsync);
        app.MapSse("/writer", WaitAsync).WithSseConnectionLimit(1);
        app.MapSse("/follow", () => SseResults.Follow("topic")).WithSseConnectionLimit(1);
        app.MapSse("/run", WaitAsync).WithSseReplay("run").WithSseConnectionLimit(1);
        app.MapGet("/framework", (CancellationToken ct) => TypedResults.ServerSentEvents(NothingAsync(ct))).WithSseConnectionLimit(1);
    }

    private static Task WaitAsync(SseEventWriter events, CancellationToken ct) => Task.Delay(Timeout.Infinite, ct);

    private static async IAsyncEnumerable<string> NothingAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }

    private Task<StreamingResponse> OpenAsync(string path) => App.CreateClient().OpenAsync(path);

    private Task WaitingCountAsync(int count) => TestTimeout.UntilAsync(() => Registry.Waiting == count);

    private Task LeftAsync() => TestTimeout.UntilAsync(() => (Registry.Count, Registry.Keys, Registry.Waiting) == (0, 0, 0));
}
