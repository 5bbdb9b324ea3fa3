using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Documentation;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>Events carry the trace context of their publish to those followers that ask for it.</summary>
public sealed class FollowTraceTests : FollowTest, IDisposable
{
    private readonly Activity _test = new Activity("test").Start();
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener;

    public FollowTraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SseKit",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private Activity[] Publishes =>
        [.. _stopped.Where(activity => activity.OperationName == "SseKit.Publish" && activity.TraceId == _test.TraceId)];

    public void Dispose()
    {
        _listener.Dispose();
        _test.Dispose();
    }

    [Fact]
    public async Task A_client_that_asks_gets_the_context_before_the_event()
    {
        await StartTracedAppAsync();
        await using StreamClient client = await StreamClient.OpenAsync(Client, "/orders");

        string id = await Publisher.PublishAsync("orders", "1", "created");

        SseItem<string> trace = await client.NextAsync();
        SseItem<string> order = await client.NextAsync();
        Assert.Equal(Assert.Single(Publishes).Context, Local(DocumentedTraces.ContextOf(trace)));
        Assert.Null(trace.EventId);
        Assert.Equal(("1", "created", id), (order.Data, order.EventType, order.EventId));
    }

    [Fact]
    public async Task A_missed_event_has_its_context_too()
    {
        await StartTracedAppAsync();
        string before = await Publisher.PublishAsync("orders", "1");
        await Publisher.PublishAsync("orders", "2");

        await using StreamClient client = await StreamClient.OpenAsync(Client, "/orders", before);

        Assert.Equal(Publishes[1].Context, Local(DocumentedTraces.ContextOf(await client.NextAsync())));
        Assert.Equal("2", (await client.NextAsync()).Data);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Other_followers_get_the_bytes_of_an_event_alone(int followers)
    {
        await StartTracedAppAsync();
        await using StreamClient traced = await StreamClient.OpenAsync(Client, "/orders");
        RawConnection[] others = new RawConnection[followers];
        for (int i = 0; i < followers; i++)
        {
            others[i] = await App.ConnectAsync();
            await others[i].GetAsync("/follow?topics=orders");
            await others[i].ReadUntilAsync("ssekit.open");
            await others[i].ReadUntilAsync("\n\n");
        }

        string id = await Publisher.PublishAsync("orders", "1", "created");

        foreach (RawConnection other in others)
        {
            string bytes = await other.ReadUntilAsync("\n\n");
            Assert.EndsWith($"\nevent: created\ndata: 1\nid: {id}\n\n", bytes, StringComparison.Ordinal);
            Assert.DoesNotContain(_test.TraceId.ToString(), bytes, StringComparison.Ordinal);
        }

        Assert.Equal("ssekit.trace", (await traced.NextAsync()).EventType);
        SseItem<string> read = Assert.Single(await Publisher.ReadAsync("orders").ToListAsync());
        Assert.Equal(("1", "created"), (read.Data, read.EventType));
    }

    [Fact]
    public async Task Without_the_option_no_event_has_a_context()
    {
        await StartFollowAppAsync(endpoints: DocumentedTraces.Map);
        await using StreamClient client = await StreamClient.OpenAsync(Client, "/orders");

        await Publisher.PublishAsync("orders", "1");

        Assert.Equal("1", (await client.NextAsync()).Data);
    }

    [Fact]
    public async Task A_filtered_event_sends_no_context()
    {
        await StartTracedAppAsync();
        await using StreamClient client = await StreamClient.OpenAsync(Client, "/created");

        await Publisher.PublishAsync("orders", "1", "deleted");
        await Publisher.PublishAsync("orders", "2", "created");

        Assert.Equal(Publishes[1].Context, Local(DocumentedTraces.ContextOf(await client.NextAsync())));
        Assert.Equal("2", (await client.NextAsync()).Data);
    }

    [Fact]
    public async Task The_activity_of_a_stream_is_linked_to_the_publishes()
    {
        await StartTracedAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/linked");

        await Publisher.PublishAsync("orders", "1");
        await Publisher.PublishAsync("orders", "2");
        Assert.Equal(["1", "2"], await client.TakeAsync(2));
        await client.DisposeAsync();
        await AllLeftAsync();
        await TestTimeout.UntilAsync(() => _stopped.Any(IsLinked));

        Assert.Equal(
            Publishes.Select(publish => publish.SpanId),
            _stopped.Single(IsLinked).Links.Select(link => link.Context.SpanId));
    }

    [Fact]
    public async Task The_links_of_a_stream_are_bounded()
    {
        await StartTracedAppAsync();
        StreamClient client = await StreamClient.OpenAsync(Client, "/linked");

        await PublishNumbersAsync("orders", 1, 200);
        Assert.Equal(Numbers(1, 200), await client.TakeAsync(200));
        await client.DisposeAsync();
        await TestTimeout.UntilAsync(() => _stopped.Any(IsLinked));

        Assert.Equal(128, _stopped.Single(IsLinked).Links.Count());
    }

    [Fact]
    public async Task Many_events_have_the_context_of_the_caller()
    {
        await StartTracedAppAsync();
        await using StreamClient client = await StreamClient.OpenAsync(Client, "/orders");

        await Publisher.PublishAsync("orders", [new SseItem<string>("1"), new SseItem<string>("2")]);

        Assert.Equal(_test.SpanId, DocumentedTraces.ContextOf(await client.NextAsync()).SpanId);
        Assert.Equal("1", (await client.NextAsync()).Data);
    }

    [Fact]
    public void Contexts_are_refused_in_formats_without_events_of_SseKit()
    {
        var options = new SseFollowOptions { SendTraces = true, Format = SseFollowFormat.Plain };

        Assert.Throws<ArgumentException>(() => SseResults.Follow(["orders"], options));
    }

    [Fact]
    public async Task An_endpoint_cannot_store_contexts()
    {
        await StartFollowAppAsync(endpoints: app => Assert.Throws<ArgumentException>(
            () => app.MapGroup("/group").WithSseOptions(options => options.StoreTraces = true)));
    }

    private Task StartTracedAppAsync() => StartFollowAppAsync(
        services: DocumentedTraces.Add,
        endpoints: app =>
        {
            DocumentedTraces.Map(app);
            app.MapSse("/linked", () => SseResults.Follow(["orders"], new SseFollowOptions { LinkTraces = true }));
            app.MapSse("/created", () => SseResults.Follow(
                ["orders"], new SseFollowOptions { SendTraces = true, EventTypeFilter = type => type == "created" }));
        });

    private bool IsLinked(Activity activity) => activity.Links.Any(link => link.Context.TraceId == _test.TraceId);

    private static ActivityContext Local(ActivityContext remote) => new(remote.TraceId, remote.SpanId, remote.TraceFlags);
}
