using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Writing;

namespace SseKit.Tests.Replay;

/// <summary>Clients get what the handler wrote, field for field.</summary>
public sealed class ReplayRecordingTests : ReplayTest
{
    [Fact]
    public async Task Four_hundred_random_streams_arrive_as_the_specification_reads_them()
    {
        await StartReplayAppAsync(endpoints: app => app.MapGet("/random/{seed}", async (int seed, HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (byte[] piece in RandomStream.Of(seed))
            {
                await context.Response.Body.WriteAsync(piece, context.RequestAborted);
            }
        }).WithSseReplay(context => $"random {context.Request.RouteValues["seed"]}"));

        await Parallel.ForEachAsync(Enumerable.Range(0, 400), async (seed, cancellationToken) =>
        {
            (string Type, string Data)[] expected = RandomStream.EventsOf([.. RandomStream.Of(seed).SelectMany(piece => piece)]);

            byte[] first = await Client.GetByteArrayAsync($"/random/{seed}", cancellationToken);
            byte[] again = await Client.GetByteArrayAsync($"/random/{seed}?lastEventId=0-0", cancellationToken);

            Assert.True(expected.SequenceEqual(OfTopic(first)), $"Seed {seed}: {string.Join(", ", OfTopic(first))}");
            Assert.True(expected.SequenceEqual(OfTopic(again)), $"Seed {seed}, from the log: {string.Join(", ", OfTopic(again))}");
        });
    }

    [Fact]
    public async Task A_retry_time_of_the_handler_reaches_its_clients()
    {
        await StartWritingAppAsync("retry: 1234\n\ndata: 1\n\n");

        byte[] body = await Client.GetByteArrayAsync("/writes");

        Assert.Equal(1234, EventStreamReading.Of(body).ReconnectionTime);
    }

    [Fact]
    public async Task Many_events_of_one_write_are_appended_in_pages()
    {
        int appends = 0;
        await StartWritingAppAsync(string.Concat(Numbers(1, 2_000).Select(number => $"data: {number}\n\n")));
        Store.AfterAppend = () =>
        {
            Interlocked.Increment(ref appends);
            return Task.CompletedTask;
        };

        StreamClient client = await StreamClient.OpenAsync(Client, "/writes");

        Assert.Equal(Numbers(1, 2_000), await client.ReadToEndAsync());
        Assert.InRange(appends, 2, 40);
    }

    [Fact]
    public async Task An_event_too_large_fails_the_run_after_the_events_before()
    {
        Logs.ExpectError(record => record.Exception?.Message.Contains("MaxEventSize", StringComparison.Ordinal) == true);
        await StartWritingAppAsync(
            $"data: 1\n\ndata: 2\n\n: note\n\ndata: part\ndata: {new string('x', 2_000)}\n\ndata: 3\n\n", maxEventSize: 1_024);

        (_, SseItem<string>[] items) = await ReadToFailureAsync("/writes");

        Assert.Equal(["1", "2"], items.Where(item => item.EventType == "message").Select(item => item.Data));
    }

    [Fact]
    public async Task The_endpoints_event_size_counts_and_not_the_apps()
    {
        string large = new('x', 2_000);
        await StartReplayAppAsync(
            options: options => options.MaxEventSize = 1_024,
            endpoints: app => MapWrites(app, $"data: {large}\n\n").WithSseOptions(options => options.MaxEventSize = 3_000));

        Assert.Equal([large], await (await StreamClient.OpenAsync(Client, "/writes")).ReadToEndAsync());
    }

    private static IEnumerable<(string Type, string Data)> OfTopic(byte[] body) =>
        RandomStream.EventsOf(body).Where(item => !item.Type.StartsWith("ssekit.", StringComparison.Ordinal));

    private Task StartWritingAppAsync(string text, int? maxEventSize = null) => StartReplayAppAsync(
        endpoints: app => MapWrites(app, text).WithSseOptions(options => options.MaxEventSize = maxEventSize ?? options.MaxEventSize));

    private static IEndpointConventionBuilder MapWrites(WebApplication app, string text) => app
        .MapGet("/writes", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), context.RequestAborted);
        })
        .WithSseReplay(Topic);
}
