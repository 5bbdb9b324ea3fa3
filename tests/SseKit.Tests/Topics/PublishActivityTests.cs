using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.ServerSentEvents;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Topics;

public sealed class PublishActivityTests : FollowTest, IDisposable
{
    // Listeners receive the activities of every application of the process, so the trace identifies the test.
    private readonly Activity _test = new Activity("test").Start();
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly ActivityListener _listener;
    private bool _listenerFails;

    public PublishActivityTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SseKit",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity => ThrowIfFailing(activity),
            ActivityStopped = activity =>
            {
                if (activity.TraceId == _test.TraceId)
                {
                    _stopped.Enqueue(activity);
                    ThrowIfFailing(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _test.Dispose();
    }

    [Fact]
    public async Task A_publish_is_a_producer_activity()
    {
        await StartFollowAppAsync();

        string id = await Publisher.PublishAsync("orders", "1");

        Activity publish = Assert.Single(_stopped);
        Assert.Equal(
            ("SseKit.Publish", ActivityKind.Producer, _test.SpanId), (publish.OperationName, publish.Kind, publish.ParentSpanId));
        Assert.Equal(
            [
                ("messaging.destination.name", "orders"),
                ("messaging.message.id", id),
                ("messaging.operation.name", "publish"),
                ("messaging.operation.type", "send"),
                ("messaging.system", "ssekit"),
                ("ssekit.outcome", "appended"),
            ],
            publish.TagObjects.Select(tag => (tag.Key, (string?)tag.Value)).Order());
        Assert.Equal(ActivityStatusCode.Unset, publish.Status);
        Assert.Same(_test, Activity.Current);
    }

    [Fact]
    public async Task Publishes_after_the_end_of_their_activity_are_its_children()
    {
        await StartFollowAppAsync();
        using var request = new Activity("request").Start();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        // As work of a request that goes on when the request has ended.
        Task work = Task.Run(async () =>
        {
            await ended.Task;
            for (int i = 0; i < 3; i++)
            {
                await Publisher.PublishAsync("orders", $"{i}");
                Assert.Same(request, Activity.Current);
            }
        });
        request.Stop();
        ended.SetResult();
        await work;

        Assert.Equal([request.SpanId, request.SpanId, request.SpanId], _stopped.Select(publish => publish.ParentSpanId));
    }

    [Fact]
    public async Task A_failing_listener_of_the_current_activity_fails_no_publish()
    {
        await StartFollowAppAsync();
        EventHandler<ActivityChangedEventArgs> fails = (_, change) =>
        {
            if (change.Previous?.TraceId == _test.TraceId && change.Previous.OperationName == "SseKit.Publish")
            {
                throw new InvalidOperationException("The listener fails.");
            }
        };
        Activity.CurrentChanged += fails;
        try
        {
            await Publisher.PublishAsync("orders", "1");
        }
        finally
        {
            Activity.CurrentChanged -= fails;
        }

        Assert.Equal("1", (await Publisher.ReadAsync("orders").SingleAsync()).Data);
    }

    [Fact]
    public async Task A_failed_publish_is_a_failed_activity()
    {
        await StartFollowAppAsync();
        Store.Break();

        await Assert.ThrowsAsync<IOException>(async () => await Publisher.PublishAsync("orders", "1"));

        Activity publish = Assert.Single(_stopped);
        Assert.Equal((ActivityStatusCode.Error, "The disk has failed."), (publish.Status, publish.StatusDescription));
        Assert.Equal(("System.IO.IOException", "failed"), (publish.GetTagItem("error.type"), publish.GetTagItem("ssekit.outcome")));
        Assert.Same(_test, Activity.Current);
    }

    [Fact]
    public async Task A_value_that_cannot_be_encoded_is_a_failed_activity()
    {
        await StartFollowAppAsync();

        var withId = new SseItem<string>("1") { EventId = "1" };
        await Assert.ThrowsAsync<ArgumentException>(async () => await Publisher.PublishAsync("orders", withId));

        Assert.Equal(ActivityStatusCode.Error, Assert.Single(_stopped).Status);
        Assert.Same(_test, Activity.Current);
    }

    [Fact]
    public async Task Each_page_of_many_events_is_an_activity()
    {
        await StartFollowAppAsync();

        await Publisher.PublishAsync("orders", Numbers(1, 300).Select(number => new SseItem<string>(number)));

        Assert.Equal([256, 44], _stopped.Select(activity => activity.GetTagItem("messaging.batch.message_count")));
    }

    [Fact]
    public async Task What_the_store_does_is_part_of_the_publish()
    {
        await StartFollowAppAsync();
        Activity? ofStore = null;
        Store.AfterAppend = () =>
        {
            ofStore = Activity.Current;
            return Task.CompletedTask;
        };

        await Publisher.PublishAsync("orders", "1");

        Assert.Same(Assert.Single(_stopped), ofStore);
    }

    [Fact]
    public async Task A_listener_that_throws_harms_no_publish()
    {
        await StartFollowAppAsync();
        await using StreamClient client = await FollowAsync("orders");
        _listenerFails = true;

        await Publisher.PublishAsync("orders", "1");
        await Publisher.PublishAsync("orders", [new SseItem<string>("2")]);

        Assert.Equal(["1", "2"], await client.TakeAsync(2));
        Assert.All(_stopped, publish => Assert.True(publish.IsStopped));
        Assert.Same(_test, Activity.Current);
    }

    [Fact]
    public async Task A_sampler_that_throws_harms_no_publish()
    {
        await StartFollowAppAsync();
        ActivityTraceId trace = _test.TraceId;
        using var sampling = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SseKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> creation) => creation.TraceId == trace
                ? throw new InvalidOperationException("The sampler fails.")
                : ActivitySamplingResult.None,
        };
        ActivitySource.AddActivityListener(sampling);

        await Publisher.PublishAsync("orders", "1");

        Assert.Empty(_stopped);
        Assert.Same(_test, Activity.Current);
    }

    private void ThrowIfFailing(Activity activity)
    {
        if (_listenerFails && activity.TraceId == _test.TraceId)
        {
            throw new InvalidOperationException("The listener of activities fails.");
        }
    }
}
