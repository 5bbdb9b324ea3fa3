using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class ActivityTests : ServerTest, IDisposable
{
    // Listeners receive the activities of every application of the process, so the trace identifies the application.
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentQueue<Activity> _stopped = [];
    private readonly Signal _requestStopped = new();
    private readonly ActivityListener _listener;

    public ActivityTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "SseKit" or "Microsoft.AspNetCore",
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == _trace)
                {
                    _stopped.Enqueue(activity);
                    if (activity.Source.Name != "SseKit")
                    {
                        _requestStopped.Set();
                    }
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    private (string, string) Traced => ("traceparent", $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01");

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_stream_is_a_long_lived_child_activity()
    {
        Activity? ofHandler = null;
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", async (events, ct) =>
        {
            ofHandler = Activity.Current;
            await events.WriteAsync("one", ct);
            await events.WriteAsync("two", ct);
        }));

        using (StreamingResponse response = await app.CreateClient().OpenAsync("/clock", Traced))
        {
            await response.ReadToEndAsync();
        }

        await _requestStopped.WaitAsync();
        Activity stream = _stopped.Single(activity => activity.Source.Name == "SseKit");
        Activity request = _stopped.Single(activity => activity.Source.Name != "SseKit");
        Assert.Equal(("SseKit.Stream", request.SpanId), (stream.OperationName, stream.ParentSpanId));
        Assert.Equal("/clock", stream.GetTagItem("http.route"));
        Assert.Equal((true, true), (request.GetTagItem("http.long_running"), stream.GetTagItem("http.long_running")));
        Assert.Equal(("completed", 2L), (stream.GetTagItem("ssekit.end_reason"), stream.GetTagItem("ssekit.events")));
        Assert.Equal(ActivityStatusCode.Unset, stream.Status);
        Assert.Equal(request.SpanId, ofHandler?.SpanId);
    }

    [Fact]
    public async Task A_failed_stream_is_a_failed_activity()
    {
        var opened = new Signal();
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", async (events, ct) =>
        {
            await opened.WaitAsync(ct);
            throw new InvalidOperationException("The clock is broken.");
        }));

        using (StreamingResponse response = await app.CreateClient().OpenAsync("/clock", Traced))
        {
            opened.Set();
            await response.ReadToBreakAsync();
        }

        await _requestStopped.WaitAsync();
        Activity stream = _stopped.Single(activity => activity.Source.Name == "SseKit");
        Assert.Equal(("failed", ActivityStatusCode.Error), (stream.GetTagItem("ssekit.end_reason"), stream.Status));
    }

    [Fact]
    public async Task A_refused_stream_has_no_activity()
    {
        KestrelApp app = await StartAsync(app =>
        {
            RouteGroupBuilder group = app.MapGroup("/").WithSseConnectionLimit(1);
            group.MapSse("/first", (events, ct) => Task.Delay(Timeout.Infinite, ct));
            group.MapSse("/clock", (events, ct) => Task.CompletedTask);
        });
        using StreamingResponse first = await app.CreateClient().OpenAsync("/first");

        using (StreamingResponse response = await app.CreateClient().OpenAsync("/clock", Traced))
        {
            await response.ReadToEndAsync();
        }

        await _requestStopped.WaitAsync();
        Assert.DoesNotContain(_stopped, activity => activity.Source.Name == "SseKit");
    }
}
