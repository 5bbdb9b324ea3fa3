using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Interception;

/// <summary>A handler of MapSse that returns the framework's own stream, alone, in a union, or beside a writer.</summary>
public sealed class FrameworkResultTests : ServerTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private readonly ManualTimeProvider _time = new();
    private readonly Channel<string> _source = Channel.CreateUnbounded<string>();
    private readonly Signal _began = new();
    private readonly Signal _cancelled = new();

    public static TheoryData<string> Paths => ["/alone", "/result", "/union", "/follow-union", "/writer", "/typed"];

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Headers_and_heartbeats_are_sent_before_the_first_event(string path)
    {
        KestrelApp app = await StartStreamsAsync();
        RawConnection client = await app.ConnectAsync();

        await client.GetAsync(path);
        string head = await client.ReadHeadAsync();
        await client.ReadPreambleAsync();
        await _source.Writer.WriteAsync("one");
        await client.ReadUntilAsync("data: one\n\n");
        _time.Advance(Interval);
        await client.ReadUntilAsync(":\n");
        _source.Writer.Complete();
        string rest = await client.ReadUntilAsync("0\r\n\r\n");

        Assert.Contains("\r\nContent-Type: text/event-stream\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nX-Accel-Buffering: no\r\n", head, StringComparison.Ordinal);
        Assert.DoesNotContain("retry", rest, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_stopping_host_ends_it_at_once_with_a_retry(string path)
    {
        KestrelApp app = await StartStreamsAsync();
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync(path);
        await client.ReadPreambleAsync();
        await _began.WaitAsync();

        await app.StopAsync().OrTimeout();

        Assert.Matches("retry: [0-9]+\n\r\n0\r\n\r\n$", await client.ReadToEndAsync());
        await _cancelled.WaitAsync();
        Assert.DoesNotContain(
            Logs.Records, record => record is { Category: "SseKit", Id.Id: LogEventIds.ConnectionRefused or LogEventIds.HandlerAbandoned });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_that_ends_the_iterator_ends_with_a_retry(bool isInterceptedBefore)
    {
        KestrelApp app = await StartStreamsAsync(app => _ = isInterceptedBefore ? app.UseSse() : app);
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/polite");
        await client.ReadPreambleAsync();
        await _began.WaitAsync();

        await app.StopAsync().OrTimeout();

        Assert.Matches("retry: [0-9]+\n\r\n0\r\n\r\n$", await client.ReadToEndAsync());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task A_disconnect_fires_the_iterators_token(string path)
    {
        KestrelApp app = await StartStreamsAsync();
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync(path);
        await client.ReadPreambleAsync();
        await _began.WaitAsync();

        client.Reset();

        await _cancelled.WaitAsync();
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Head_gets_the_headers_and_waits_for_no_event(string path)
    {
        KestrelApp app = await StartStreamsAsync();
        RawConnection client = await app.ConnectAsync();

        await client.SendAsync($"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        string head = await client.ReadHeadAsync();
        string body = await client.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Contains("\r\nContent-Type: text/event-stream\r\n", head, StringComparison.Ordinal);
        Assert.Equal("", body);
    }

    [Fact]
    public async Task A_failure_in_midstream_aborts_the_connection()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        KestrelApp app = await StartStreamsAsync();
        HttpClient client = app.CreateClient();
        using StreamingResponse response = await client.OpenAsync("/alone");

        _source.Writer.TryWrite("one");
        await response.ReadUntilAsync("data: one\n\n");
        _source.Writer.Complete(new InvalidOperationException("The model is unavailable."));

        await response.ReadToBreakAsync();
    }

    [Fact]
    public async Task Other_results_are_unchanged()
    {
        KestrelApp app = await StartStreamsAsync();
        HttpClient client = app.CreateClient();

        using HttpResponseMessage missing = await client.GetAsync("/union?missing=true");
        using HttpResponseMessage json = await client.GetAsync("/json");

        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.False(missing.Headers.Contains("X-Accel-Buffering"));
        Assert.Equal("[1,2]", await json.Content.ReadAsStringAsync());
        Assert.False(json.Headers.Contains("X-Accel-Buffering"));
        Assert.Equal(0, app.Services.GetRequiredService<StreamRuntime>().Registry.Count);
    }

    [Fact]
    public async Task Following_from_the_same_union_is_not_intercepted()
    {
        KestrelApp app = await StartStreamsAsync();

        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/follow-union?topic=t");
        await app.Services.GetRequiredService<ISsePublisher>().PublishAsync("t", "hello");

        Assert.Equal(["hello"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_middleware_before_routing_intercepts_it_once()
    {
        KestrelApp app = await StartStreamsAsync(app => app.UseSse().UseRouting());
        _source.Writer.TryWrite("one");
        _source.Writer.Complete();

        string body = await app.CreateClient().GetStringAsync("/alone");

        Assert.Equal("data: one\n\n", body.AfterPreamble());
    }

    [Fact]
    public async Task WithSseReplay_makes_it_resumable()
    {
        KestrelApp app = await StartStreamsAsync();
        HttpClient http = app.CreateClient();
        await using StreamClient first = await StreamClient.OpenAsync(http, "/replay");
        _source.Writer.TryWrite("one");
        Assert.Equal(["one"], await first.TakeAsync(1));
        await first.DisposeAsync();

        _source.Writer.TryWrite("two");
        _source.Writer.Complete();
        await using StreamClient second = await StreamClient.OpenAsync(http, "/replay", first.LastEventId);

        Assert.Equal(["two"], await second.ReadToEndAsync());
    }

    private Task<KestrelApp> StartStreamsAsync(Action<WebApplication>? middleware = null) => StartAsync(
        app =>
        {
            middleware?.Invoke(app);
            app.MapSse("/alone", () => TypedResults.ServerSentEvents(Events()));
            app.MapSse("/polite", (CancellationToken stopping) => TypedResults.ServerSentEvents(EventsUntil(stopping)));
            app.MapSse("/result", IResult () => TypedResults.ServerSentEvents(Events()));
            app.MapSse("/union", Results<NotFound, ServerSentEventsResult<string>> (bool? missing) =>
                missing == true ? TypedResults.NotFound() : TypedResults.ServerSentEvents(Events()));
            app.MapSse("/follow-union", Results<SseFollowResult, ServerSentEventsResult<string>> (string? topic) =>
                topic is null ? TypedResults.ServerSentEvents(Events()) : SseResults.Follow(topic));
            app.MapSse("/writer", (SseEventWriter events, string? word) => TypedResults.ServerSentEvents(Events()));
            app.MapSse("/typed", (events, cancellationToken) => Task.FromResult(TypedResults.ServerSentEvents(Events(cancellationToken))));
            app.MapSse("/json", () => Results.Json(new[] { 1, 2 }));
            app.MapSse("/replay", () => TypedResults.ServerSentEvents(Events())).WithSseReplay("replay");
        },
        builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddSse();
        });

    private async IAsyncEnumerable<SseItem<string>> Events([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _began.Set();

        // It is not disposed: the source below registers later and is cancelled first, so the iterator could end before this callback runs.
        cancellationToken.UnsafeRegister(_ => _cancelled.Set(), null);
        await foreach (string item in _source.Reader.ReadAllAsync(cancellationToken))
        {
            yield return new SseItem<string>(item);
        }
    }

    private async IAsyncEnumerable<string> EventsUntil([EnumeratorCancellation] CancellationToken stopping)
    {
        _began.Set();
        var stopped = new TaskCompletionSource();
        stopping.UnsafeRegister(_ => stopped.SetResult(), null);
        await stopped.Task;
        yield break;
    }
}
