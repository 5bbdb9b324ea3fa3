using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

public sealed class FollowTests : FollowTest
{
    [Theory]
    [InlineData("/union", false)]
    [InlineData("/union", true)]
    [InlineData("/plain", true)]
    [InlineData("/writer", true)]
    public async Task An_intercepted_followed_stream_is_one_connection(string path, bool watchedBeforeRouting)
    {
        await StartFollowAppAsync(endpoints: app =>
        {
            if (watchedBeforeRouting)
            {
                app.UseSse();
                app.UseRouting();
            }

            app.MapSse("/union", Results<NotFound, SseFollowResult> () => SseResults.Follow("t"));
            app.MapGet("/plain", () => SseResults.Follow("t"));
            app.MapSse("/writer", async (SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("hello", cancellationToken);
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            });
        });

        await using StreamClient client = await StreamClient.ConnectAsync(Client, path);
        await client.NextAsync();

        Assert.Equal(1, App.Services.GetRequiredService<StreamRuntime>().Registry.Count);
    }

    [Fact]
    public async Task A_stream_opens_with_id_retry_and_empty_json()
    {
        await StartFollowAppAsync();
        string? cursor = await Publisher.GetLastEventIdAsync("t");

        StreamClient client = await StreamClient.ConnectAsync(Client, "/follow?topics=t");
        SseItem<string> open = await client.NextAsync();

        Assert.Equal("ssekit.open", open.EventType);
        Assert.Equal("{}", open.Data);
        Assert.Equal(cursor, open.EventId);
        Assert.InRange(open.ReconnectionInterval!.Value, TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(4.5));
    }

    [Fact]
    public async Task Live_events_arrive_with_their_positions_as_ids()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");

        string first = await Publisher.PublishAsync("t", "one");
        string second = await Publisher.PublishAsync("t", new SseItem<string>("two", "created"));

        Assert.Equal(new SseItem<string>("one") { EventId = first }, await client.NextAsync());
        Assert.Equal(new SseItem<string>("two", "created") { EventId = second }, await client.NextAsync());
    }

    [Fact]
    public async Task Resumes_by_header_before_query()
    {
        await StartFollowAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        string second = await Publisher.PublishAsync("t", "2");
        await Publisher.PublishAsync("t", "3");

        StreamClient byHeader = await FollowAsync("t", first);
        StreamClient byQuery = await FollowAsync("t&lastEventId=" + second);
        StreamClient byBoth = await FollowAsync("t&lastEventId=" + second, first);

        Assert.Equal(["2", "3"], await byHeader.TakeAsync(2));
        Assert.Equal(["3"], await byQuery.TakeAsync(1));
        Assert.Equal(["2", "3"], await byBoth.TakeAsync(2));
    }

    [Fact]
    public async Task A_client_that_disconnects_before_its_first_event_resumes()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");
        await client.DisposeAsync();
        await PublishNumbersAsync("t", 1, 3);

        StreamClient again = await FollowAsync("t", client.LastEventId);

        Assert.Equal(Numbers(1, 3), await again.TakeAsync(3));
    }

    [Fact]
    public async Task A_client_without_an_id_starts_at_the_policys_position()
    {
        await StartFollowAppAsync(endpoints: app =>
        {
            app.MapSse("/earliest", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Earliest }));
            app.MapSse("/last", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Last(2) }));
            app.MapSse("/all", () => SseResults.Follow(["t"], new SseFollowOptions { StartAt = SseReplayStart.Last(99) }));
        });
        await PublishNumbersAsync("t", 1, 5);

        StreamClient head = await FollowAsync("t");
        StreamClient earliest = await StreamClient.OpenAsync(Client, "/earliest");
        StreamClient last = await StreamClient.OpenAsync(Client, "/last");
        StreamClient all = await StreamClient.OpenAsync(Client, "/all");
        await PublishNumbersAsync("t", 6, 6);

        Assert.Equal(["6"], await head.TakeAsync(1));
        Assert.Equal(Numbers(1, 6), await earliest.TakeAsync(6));
        Assert.Equal(Numbers(4, 6), await last.TakeAsync(3));
        Assert.Equal(Numbers(1, 6), await all.TakeAsync(6));
    }

    [Fact]
    public async Task The_start_policy_of_the_app_is_the_default()
    {
        await StartFollowAppAsync(options => options.ReplayStart = SseReplayStart.Last(1));
        await PublishNumbersAsync("t", 1, 3);

        StreamClient client = await FollowAsync("t");

        Assert.Equal(["3"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task Completion_ends_live_followers_cleanly_after_the_last_event()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");
        await PublishNumbersAsync("t", 1, 3);

        await Publisher.CompleteAsync("t");

        Assert.Equal(Numbers(1, 3), await client.ReadToEndAsync());
        await Assert.ThrowsAsync<SseTopicCompletedException>(() => Publisher.PublishAsync("t", "4").AsTask());
    }

    [Fact]
    public async Task A_completed_topic_is_read_and_then_a_204()
    {
        await StartFollowAppAsync();
        string first = await Publisher.PublishAsync("t", "1");
        string second = await Publisher.PublishAsync("t", "2");
        await Publisher.CompleteAsync("t");

        StreamClient behind = await FollowAsync("t", first);
        string[] rest = await behind.ReadToEndAsync();
        StreamClient atEnd = await StreamClient.ConnectAsync(Client, "/follow?topics=t", second);
        StreamClient fresh = await StreamClient.ConnectAsync(Client, "/follow?topics=t");

        Assert.Equal(["2"], rest);
        Assert.Equal(HttpStatusCode.NoContent, atEnd.Status);
        Assert.Equal(HttpStatusCode.NoContent, fresh.Status);
    }

    [Fact]
    public async Task The_204_is_not_cached()
    {
        await StartFollowAppAsync();
        await Publisher.CompleteAsync("t");

        HttpResponseMessage response = await Client.GetAsync("/follow?topics=t");

        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.True(response.Headers.CacheControl?.NoStore);
    }

    [Fact]
    public async Task Follows_from_MapGet_with_other_results()
    {
        await StartFollowAppAsync(endpoints: app => app.MapGet(
            "/rooms/{room}",
            Results<NotFound, SseFollowResult> (string room) => room == "none" ? TypedResults.NotFound() : SseResults.Follow(room)));

        StreamClient client = await StreamClient.OpenAsync(Client, "/rooms/a");
        await Publisher.PublishAsync("a", "hello");
        StreamClient none = await StreamClient.ConnectAsync(Client, "/rooms/none");

        Assert.Equal(["hello"], await client.TakeAsync(1));
        Assert.Equal(HttpStatusCode.NotFound, none.Status);
    }

    [Fact]
    public async Task Follows_from_a_controller()
    {
        await StartFollowAppAsync(
            endpoints: app => app.MapControllers(),
            services: builder => builder.Services.AddControllers().AddApplicationPart(typeof(FollowController).Assembly));

        StreamClient client = await StreamClient.OpenAsync(Client, "/controllers/a");
        await Publisher.PublishAsync("a", "hello");

        Assert.Equal(["hello"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_stream_of_a_controller_has_no_request_timeout()
    {
        var timeout = new RecordingTimeout();
        await StartFollowAppAsync(
            endpoints: app =>
            {
                app.Use((context, next) =>
                {
                    context.Features.Set<IHttpRequestTimeoutFeature>(timeout);
                    return next(context);
                });
                app.MapControllers();
            },
            services: builder => builder.Services.AddControllers().AddApplicationPart(typeof(FollowController).Assembly));
        bool wasDisabled = false;
        Store.BeforeGetState = () =>
        {
            wasDisabled = timeout.IsDisabled;
            return Task.CompletedTask;
        };

        await StreamClient.OpenAsync(Client, "/controllers/a");

        Assert.True(wasDisabled, "A timeout while the store is slow would end the request before its stream opens.");
    }

    [Fact]
    public async Task Following_without_AddSse_names_AddSse()
    {
        Exception? failure = null;
        KestrelApp app = await StartAsync(app =>
        {
            app.Use(async (context, next) =>
            {
                failure = await Record.ExceptionAsync(() => next(context));
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            });
            app.MapSse("/", () => SseResults.Follow("t"));
        });

        await app.CreateClient().GetAsync("/");

        Assert.Contains("AddSse()", Assert.IsType<InvalidOperationException>(failure).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stopping_host_ends_followers_with_a_retry()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");
        RawConnection raw = await App.ConnectAsync();
        await raw.GetAsync("/follow?topics=t");
        await raw.ReadUntilAsync("event: ssekit.open");

        await App.StopAsync().OrTimeout();

        Assert.Matches("retry: [0-9]+\n\r\n0\r\n\r\n$", await raw.ReadToEndAsync());
        Assert.Empty(await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Two_users_never_get_events_of_each_other()
    {
        await StartFollowAppAsync(
            endpoints: app => app.MapSse("/mine", (HttpContext context) => SseResults.Follow("user:" + context.Request.Query["user"])));
        StreamClient ann = await StreamClient.OpenAsync(Client, "/mine?user=ann");
        StreamClient bob = await StreamClient.OpenAsync(Client, "/mine?user=bob");

        string ofAnn = await Publisher.PublishAsync("user:ann", "for ann");
        await Publisher.PublishAsync("user:bob", "for bob");
        StreamClient thief = await StreamClient.OpenAsync(Client, "/mine?user=bob", ofAnn);

        Assert.Equal(["for ann"], await ann.TakeAsync(1));
        Assert.Equal(["for bob"], await bob.TakeAsync(1));
        Assert.Equal(["{\"reason\":\"unknown\"}"], await thief.TakeAsync(1));
        await Publisher.PublishAsync("user:bob", "for bob again");
        Assert.Equal(["for bob again"], await thief.TakeAsync(1));
    }

    [Fact]
    public async Task A_page_follows_from_exactly_its_snapshot()
    {
        await StartFollowAppAsync();
        await PublishNumbersAsync("t", 1, 3);

        string? cursor = await Publisher.GetLastEventIdAsync("t");
        await PublishNumbersAsync("t", 4, 6);
        StreamClient client = await FollowAsync("t&lastEventId=" + cursor);

        Assert.Equal(Numbers(4, 6), await client.TakeAsync(3));
    }

    [Fact]
    public async Task The_server_reads_a_topic_after_an_id()
    {
        await StartFollowAppAsync();
        string first = await Publisher.PublishAsync("t", "a\nb", "created");
        await PublishNumbersAsync("t", 2, 600);

        List<SseItem<string>> all = await Publisher.ReadAsync("t").ToListAsync();
        List<SseItem<string>> rest = await Publisher.ReadAsync("t", first).ToListAsync();

        Assert.Equal(new SseItem<string>("a\nb", "created") { EventId = first }, all[0]);
        Assert.Equal(600, all.Count);
        Assert.Equal(Numbers(2, 600), rest.Select(item => item.Data));
        await Assert.ThrowsAsync<SseGapException>(() => Publisher.ReadAsync("other", first).ToListAsync().AsTask());
    }

    [Fact]
    public async Task The_server_reads_a_topic_while_its_events_expire()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 3);
        await PublishNumbersAsync("t", 1, 3);
        int reads = 0;
        Store.BeforeRead = () => ++reads <= 2 ? PublishNumbersAsync("t", (reads * 3) + 1, (reads * 3) + 3) : Task.CompletedTask;

        List<SseItem<string>> all = await Publisher.ReadAsync("t").ToListAsync();

        Assert.Equal(Numbers(7, 9), all.Select(item => item.Data));
    }

    [Fact]
    public async Task The_server_gets_a_gap_exception_during_a_read()
    {
        await StartFollowAppAsync(bounds: bounds => bounds.MaxEventsPerTopic = 300);
        await PublishNumbersAsync("t", 1, 300);
        List<string> read = [];
        async Task ReadAsync()
        {
            await foreach (SseItem<string> item in Publisher.ReadAsync("t"))
            {
                read.Add(item.Data);
                Store.BeforeRead ??= () => PublishNumbersAsync("t", 301, 600);
            }
        }

        await Assert.ThrowsAsync<SseGapException>(ReadAsync);

        Assert.Equal(Numbers(1, 256), read);
    }

    [Fact]
    public async Task An_item_with_an_id_is_refused()
    {
        await StartFollowAppAsync();

        ArgumentException refusal = await Assert.ThrowsAsync<ArgumentException>(
            async () => await Publisher.PublishAsync("t", new SseItem<string>("x") { EventId = "mine" }));

        Assert.Contains(nameof(SsePublishOptions.IdempotencyKey), refusal.Message, StringComparison.Ordinal);
        Assert.Empty(await Publisher.ReadAsync("t").ToListAsync());
    }

    [Fact]
    public async Task An_idempotency_key_publishes_once()
    {
        await StartFollowAppAsync();
        StreamClient client = await FollowAsync("t");

        string first = await Publisher.PublishAsync("t", new SseItem<string>("paid"), new SsePublishOptions { IdempotencyKey = "order-1" });
        string again = await Publisher.PublishAsync("t", new SseItem<string>("paid"), new SsePublishOptions { IdempotencyKey = "order-1" });
        await Publisher.PublishAsync("t", "next");

        Assert.Equal(first, again);
        Assert.Equal(["paid", "next"], await client.TakeAsync(2));
    }

    private sealed class RecordingTimeout : IHttpRequestTimeoutFeature
    {
        public bool IsDisabled { get; private set; }

        public CancellationToken RequestTimeoutToken => CancellationToken.None;

        public void DisableTimeout() => IsDisabled = true;
    }
}

[Route("controllers/{topic}")]
public sealed class FollowController : ControllerBase
{
    [HttpGet]
    public SseFollowResult Get(string topic) => SseResults.Follow(topic);
}
