using System.Net;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>The app lists its open streams, and disconnects some of them.</summary>
public sealed class OpenConnectionsTests : FollowTest
{
    private readonly Signal _cancelled = new();

    private ISseConnections Service => App.Services.GetRequiredService<ISseConnections>();

    [Fact]
    public async Task An_open_stream_is_listed_with_its_request_and_progress()
    {
        await StartAppAsync();
        DateTimeOffset before = TimeProvider.System.GetUtcNow();
        StreamClient follower = await FollowAsync("b,a", user: "alice");
        await Publisher.PublishAsync("a", "1");
        await follower.TakeAsync(1);

        SseConnectionInfo info = Assert.Single(Service.GetConnections());

        Assert.Equal(("/follow", "/follow", "alice"), (info.Route, info.Path, info.User));
        Assert.Equal(["a", "b"], info.Topics);
        Assert.Equal("127.0.0.1", info.RemoteAddress);
        Assert.InRange(info.OpenedAt, before.AddSeconds(-1), TimeProvider.System.GetUtcNow());
        Assert.InRange(info.LastWriteAt, info.OpenedAt.AddSeconds(-1), TimeProvider.System.GetUtcNow());
        Assert.Equal(2, info.Events);
        Assert.InRange(info.Bytes, 60, 500);
        Assert.Null(info.UnreadSince);
    }

    [Fact]
    public async Task The_list_can_be_an_answer_in_JSON()
    {
        await StartAppAsync();
        await FollowAsync("a");

        string json = JsonSerializer.Serialize(Service.GetConnections(), JsonSerializerOptions.Web);

        Assert.Contains("\"remoteAddress\":\"127.0.0.1\"", json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_of_all_kinds_are_listed_and_disconnected()
    {
        await StartAppAsync();
        await FollowAsync("a");
        foreach (string path in new[] { "/writer", "/framework", "/hand", "/run" })
        {
            await StreamClient.ConnectAsync(Client, path);
        }

        await TestTimeout.UntilAsync(() => Service.GetConnections().Count == 5);
        IReadOnlyList<SseConnectionInfo> listed = Service.GetConnections();
        int disconnected = Service.Disconnect(_ => true);

        Assert.Equal(["/follow", "/framework", "/hand", "/run", "/writer"], listed.Select(each => each.Route).Order());
        Assert.Equal(5, listed.Select(each => each.Id).Distinct().Count());
        Assert.Equal(5, disconnected);
        await TestTimeout.UntilAsync(() => Service.GetConnections().Count == 0);
        Assert.True(await App.Services.GetRequiredService<ISseRuns>().StopAsync("run"));
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("POST", false)]
    public async Task A_disconnected_stream_ends_as_its_client_expects(string method, bool isClean)
    {
        await StartAppAsync();
        using var readings = new MeterReadings(App.Services, "SseKit");
        using var request = new HttpRequestMessage(new HttpMethod(method), "/writer");
        using StreamingResponse response = await StreamingResponse.SendAsync(Client, request);
        await response.ReadUntilAsync("data: 1\n\n");

        Assert.Equal(1, Service.Disconnect(_ => true, TimeSpan.FromMinutes(1), reason: "kicked"));
        Assert.Equal(0, Service.Disconnect(_ => true));

        await _cancelled.WaitAsync();
        if (isClean)
        {
            string rest = await response.ReadToEndAsync();
            Assert.Matches("^retry: [0-9]{5}\n$", rest);
        }
        else
        {
            await response.ReadToBreakAsync();
        }

        MeterReading ended = await readings.WaitForAsync("ssekit.connection.duration", _ => true);
        Assert.Equal("disconnected", ended.Tags["ssekit.end_reason"]);
        LogRecord log = Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.Disconnected);
        Assert.Equal(LogLevel.Information, log.Level);
        Assert.Contains("kicked", log.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_that_is_about_to_open_is_disconnected_too()
    {
        var opens = new Signal();
        var mayOpen = new Signal();
        await StartAppAsync(app => app.MapSse("/opens", ["POST"], async (HttpContext context, SseEventWriter events) =>
            await events.WriteAsync("secret", CancellationToken.None)).AddEndpointFilter((invocation, next) =>
            {
                invocation.HttpContext.Response.OnStarting(() =>
                {
                    opens.Set();
                    return mayOpen.WaitAsync(CancellationToken.None);
                });
                return next(invocation);
            }));
        Task<StreamClient> connecting = StreamClient.ConnectAsync(Client, "/opens", method: HttpMethod.Post);
        await opens.WaitAsync();

        Assert.Empty(Service.GetConnections());
        Assert.Equal(1, Service.Disconnect(_ => true));
        mayOpen.Set();

        Assert.Empty(await (await connecting).ReadToBreakAsync());
    }

    [Theory]
    [InlineData("ssekit.disconnections")]
    [InlineData("ssekit.")]
    public async Task Topics_of_SseKit_are_not_the_apps(string topic)
    {
        await StartAppAsync(app => app.MapSse("/any/{topic}", (CancellationToken ct) => Endless(ct))
            .WithSseReplay(context => (string?)context.Request.RouteValues["topic"]));

        StreamClient refused = await StreamClient.ConnectAsync(Client, $"/any/{topic}");

        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        await Assert.ThrowsAsync<ArgumentException>(() => Publisher.PublishAsync(topic, "1").AsTask());
        Assert.Throws<ArgumentException>(() => SseResults.Follow(topic));
    }

    [Fact]
    public async Task A_disconnection_selects_by_all_that_it_names()
    {
        await StartAppAsync();
        StreamClient[] clients =
        [
            await FollowAsync("a", user: "alice"), await FollowAsync("a,b", user: "bob"), await FollowAsync("b", user: "alice"),
        ];
        string last = Service.GetConnections().Single(each => each is { User: "alice", Topics: ["b"] }).Id;

        Assert.Equal(0, await Service.DisconnectAsync(new SseDisconnect { User = "alic" }));
        Assert.Equal(0, await Service.DisconnectAsync(new SseDisconnect { User = "bob", Topic = "c" }));
        Assert.Equal(0, await Service.DisconnectAsync(new SseDisconnect { User = "bob", ConnectionId = last }));
        Assert.Equal(1, await Service.DisconnectAsync(new SseDisconnect { User = "alice", Topic = "a" }));
        Assert.Equal(1, await Service.DisconnectAsync(new SseDisconnect { ConnectionId = last, Route = "/follow" }));
        Assert.Empty(await clients[0].ReadToEndAsync());
        Assert.Empty(await clients[2].ReadToEndAsync());
        await Publisher.PublishAsync("b", "1");
        Assert.Equal(["1"], await clients[1].TakeAsync(1));
        Assert.True((await Store.GetStatesAsync(["ssekit.disconnections"], CancellationToken.None))[0].IsUnused);
    }

    [Fact]
    public async Task A_disconnection_that_names_no_stream_is_refused()
    {
        await StartAppAsync();

        await Assert.ThrowsAsync<ArgumentException>(() => Service.DisconnectAsync(new SseDisconnect { Reason = "all" }).AsTask());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => Service.DisconnectAsync(new SseDisconnect { User = "a", Retry = TimeSpan.Zero }).AsTask());
        Assert.Throws<ArgumentOutOfRangeException>(() => Service.Disconnect(_ => true, TimeSpan.FromTicks(1)));
    }

    [Fact]
    public async Task A_selection_that_throws_disconnects_no_further_stream()
    {
        await StartAppAsync();
        StreamClient client = await FollowAsync("a");

        Assert.Throws<InvalidOperationException>(() => Service.Disconnect(_ => throw new InvalidOperationException()));

        await Publisher.PublishAsync("a", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_disconnected_client_that_returns_has_missed_nothing()
    {
        await StartAppAsync();
        StreamClient client = await FollowAsync("a");
        await Publisher.PublishAsync("a", "1");
        await client.TakeAsync(1);

        await Service.DisconnectAsync(new SseDisconnect { Topic = "a" });
        Assert.Empty(await client.ReadToEndAsync());
        await Publisher.PublishAsync("a", "2");

        StreamClient again = await FollowAsync("a", client.LastEventId);
        Assert.Equal(["2"], await again.TakeAsync(1));
    }

    [Theory]
    [InlineData("claims", "42")]
    [InlineData("name", "alice")]
    [InlineData("anonymous", null)]
    public async Task The_user_is_the_identifier_or_the_name(string kind, string? expected)
    {
        ClaimsIdentity? identity = kind switch
        {
            "claims" => new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "42"), new(ClaimTypes.Name, "alice")], "test"),
            "name" => new ClaimsIdentity([new(ClaimTypes.Name, "alice")], "test"),
            _ => null,
        };
        await StartFollowAppAsync(endpoints: app => app.Use((context, next) =>
        {
            context.User = identity is null ? new ClaimsPrincipal() : new ClaimsPrincipal(identity);
            return next(context);
        }));

        await FollowAsync("a");

        Assert.Equal(expected, Assert.Single(Service.GetConnections()).User);
    }

    [Fact]
    public async Task A_function_of_the_user_that_throws_fails_the_request()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        await StartFollowAppAsync(
            options => options.UserId = _ => throw new InvalidOperationException("no user"),
            endpoints: app => app.Use((context, next) =>
            {
                context.User = new ClaimsPrincipal();
                return next(context);
            }));

        StreamClient refused = await StreamClient.ConnectAsync(Client, "/follow?topics=a");

        Assert.Equal(HttpStatusCode.InternalServerError, refused.Status);
        await AllLeftAsync();
    }

    [Theory]
    [InlineData("/ends")]
    [InlineData("/ends-framework")]
    public async Task Other_code_of_the_request_ends_its_open_stream(string path)
    {
        bool? before = null;
        bool? first = null;
        bool? second = null;
        await StartAppAsync(app =>
        {
            app.MapSse("/ends", async (HttpContext context, SseEventWriter events) =>
            {
                await events.WriteAsync("1", CancellationToken.None);
                End(context);
            }).AddEndpointFilter(NoteBefore);
            app.MapGet("/ends-framework", (HttpContext context) => TypedResults.ServerSentEvents(Numbers(context)))
                .AddEndpointFilter(NoteBefore);
        });

        StreamClient client = await StreamClient.ConnectAsync(Client, path);

        Assert.Equal(["1"], await client.ReadToEndAsync());
        Assert.Equal((false, true, false), (before, first, second));

        void End(HttpContext context)
        {
            first = context.DisconnectSse(TimeSpan.FromSeconds(10));
            second = context.DisconnectSse();
        }

        async IAsyncEnumerable<string> Numbers(HttpContext context)
        {
            yield return "1";
            await Task.Yield();
            End(context);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }

        ValueTask<object?> NoteBefore(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
        {
            before = invocation.HttpContext.DisconnectSse();
            return next(invocation);
        }
    }

    private Task<StreamClient> FollowAsync(string topics, string? lastEventId = null, string user = "") =>
        StreamClient.OpenAsync(Client, $"/follow?topics={topics}&user={user}", lastEventId);

    private Task StartAppAsync(Action<WebApplication>? endpoints = null) => StartFollowAppAsync(endpoints: app =>
    {
        app.UseSse();
        app.Use((context, next) =>
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.Name, context.Request.Query["user"].ToString())], "test"));
            return next(context);
        });
        app.MapSse("/writer", ["GET", "POST"], async (SseEventWriter events, CancellationToken cancellationToken) =>
        {
            cancellationToken.Register(_cancelled.Set);
            await events.WriteAsync("1", cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        });
        app.MapGet("/framework", (CancellationToken cancellationToken) => TypedResults.ServerSentEvents(Endless(cancellationToken)));
        app.MapGet("/hand", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n", context.RequestAborted);
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        app.MapSse("/run", (CancellationToken cancellationToken) => Endless(cancellationToken)).WithSseReplay("run");
        endpoints?.Invoke(app);
    });

    private static async IAsyncEnumerable<string> Endless(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return "1";
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }
}
