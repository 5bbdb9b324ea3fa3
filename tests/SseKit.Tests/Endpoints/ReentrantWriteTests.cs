using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>
/// Code of the app that runs inside a write writes to the same stream, and waits. The inner write is done or throws; it never waits for the
/// outer one.
/// </summary>
public sealed class ReentrantWriteTests : ServerTest
{
    private const string Refusal = "inside another write to the same event stream";

    [Theory]
    [InlineData("/value", 1)]
    [InlineData("/value", 2)]
    [InlineData("/metadata", 1)]
    [InlineData("/thread", 1)]
    [InlineData("/all", 1)]
    public async Task A_converter_can_write_to_its_own_stream(string path, int http)
    {
        KestrelApp app = await StartAsync(MapConverters, builder => builder.Services.AddSse());

        using StreamingResponse response = await (http == 1 ? app.CreateClient() : app.CreateHttp2Client()).OpenAsync(path);

        Assert.Equal("data: inner\n\ndata: \"outer\"\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    [Theory]
    [InlineData("/writer")]
    [InlineData("/foreign")]
    public async Task An_OnStarting_callback_that_writes_to_its_stream_is_refused(string path)
    {
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Refusal, StringComparison.Ordinal) == true);
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseSse();
                app.MapSse("/writer", async (SseEventWriter events, HttpContext context) => await events.WriteAsync("late"))
                    .AddEndpointFilter((invocation, next) =>
                    {
                        SseEventWriter events = invocation.GetArgument<SseEventWriter>(0);
                        invocation.HttpContext.Response.OnStarting(async () => await events.WriteAsync("early"));
                        return next(invocation);
                    });
                app.MapGet("/foreign", async (HttpContext context) =>
                {
                    context.Response.ContentType = "text/event-stream";
                    context.Response.OnStarting(async () =>
                    {
                        await Task.Yield();
                        await context.Response.WriteAsync("data: early\n\n");
                    });
                    await context.Response.WriteAsync("data: late\n\n");
                });
            },
            builder => builder.Services.AddSse());

        using HttpResponseMessage response = await app.CreateClient().GetAsync(path).OrTimeout();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
    }

    [Fact]
    public async Task An_event_type_filter_that_writes_is_refused()
    {
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Refusal, StringComparison.Ordinal) == true);
        KestrelApp app = await StartAsync(
            app => app.MapSse("/follow", (SseEventWriter events) => SseResults.Follow(["topic"], new SseFollowOptions
            {
                StartAt = SseReplayStart.Earliest,
                EventTypeFilter = _ =>
                {
                    Wait(events.WriteAsync("inner"));
                    return true;
                },
            })),
            builder => builder.Services.AddSse());
        await app.Services.GetRequiredService<ISsePublisher>().PublishAsync("topic", "one");

        using StreamingResponse response = await app.CreateClient().OpenAsync("/follow");
        await response.ReadToBreakAsync();

        await app.StopAsync();
        LogRecord error = Assert.Single(Logs.Records, record => record.Level == LogLevel.Error);
        Assert.Contains("/follow", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_metric_listener_that_writes_to_the_stream_is_refused()
    {
        Logs.ExpectError(record => record.Exception?.ToString().Contains(Refusal, StringComparison.Ordinal) == true);
        SseEventWriter? writer = null;
        KestrelApp app = await StartAsync(
            app => app.MapSse("/writer", async (SseEventWriter events) =>
            {
                writer = events;
                await events.WriteAsync("one");
                await events.WriteAsync("two");
            }),
            builder => builder.Services.AddSse());
        IMeterFactory factory = app.Services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "ssekit.events_sent" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => Wait(writer!.WriteAsync("inner")));
        listener.Start();

        using StreamingResponse response = await app.CreateClient().OpenAsync("/writer");

        Assert.Equal("data: one\n\ndata: two\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private static void MapConverters(WebApplication app)
    {
        app.MapSse("/value", async (SseEventWriter events) => await events.WriteAsync(new Outer(() => Wait(events.WriteAsync("inner")))));
        app.MapSse("/metadata", async (SseEventWriter events) => await events.WriteAsync(
            new Outer(() => Wait(events.WriteAsync("inner"))),
            (System.Text.Json.Serialization.Metadata.JsonTypeInfo<Outer>)JsonSerializerOptions.Web.GetTypeInfo(typeof(Outer))));
        app.MapSse("/thread", async (SseEventWriter events) =>
            await events.WriteAsync(new Outer(() => Task.Run(async () => await events.WriteAsync("inner")).Wait())));
        app.MapSse(
            "/all", async (SseEventWriter events) => await events.WriteAllAsync(One(new Outer(() => Wait(events.WriteAsync("inner"))))));
    }

    private static async IAsyncEnumerable<Outer> One(Outer outer)
    {
        await Task.Yield();
        yield return outer;
    }

    private static void Wait(ValueTask task) => task.AsTask().GetAwaiter().GetResult();

    [JsonConverter(typeof(Converter))]
    private sealed record Outer(Action Inner)
    {
        public sealed class Converter : JsonConverter<Outer>
        {
            public override Outer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
                throw new NotSupportedException();

            public override void Write(Utf8JsonWriter writer, Outer value, JsonSerializerOptions options)
            {
                value.Inner();
                writer.WriteStringValue("outer");
            }
        }
    }
}
