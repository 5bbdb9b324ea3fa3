using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Benchmarks.Load;

namespace SseKit.Benchmarks.FanOut;

/// <summary>Equal events by SseKit and by the framework: texts, and values that become JSON.</summary>
internal sealed class FanOutEndpoints
{
    public const string Texts = "text";
    public const string Values = "json";

    private readonly ChannelHub<string> _texts = new("welcome");
    private readonly ReadyBursts _ready = new();
    private readonly ChannelHub<Order> _values = new(OrderWith("welcome"));

    public void Map(WebApplication app)
    {
        app.MapSse("/ssekit/{topic}", (string topic) => SseResults.Follow(topic));
        app.MapGet(
            $"/framework/{Texts}", (HttpContext context) => TypedResults.ServerSentEvents(_texts.FollowAsync(context.RequestAborted)));
        app.MapGet(
            $"/framework/{Values}", (HttpContext context) => TypedResults.ServerSentEvents(_values.FollowAsync(context.RequestAborted)));
        app.MapGet("/ready", _ready.FollowAsync);
    }

    /// <summary>SseKit first, the framework second, and last, for bursts, the lower bound.</summary>
    public FanOutVariant[] Variants(IServiceProvider services, string what, int length)
    {
        ISsePublisher publisher = services.GetRequiredService<ISsePublisher>();
        (Func<Task> ssekit, Func<Task> framework) = what == Texts
            ? ((Func<Task>)(async () => await publisher.PublishAsync(what, EventMark.Now(length))),
                (Func<Task>)(() => _texts.PublishAsync(EventMark.Now(length))))
            : (async () => await publisher.PublishAsync(what, NewOrder()), () => _values.PublishAsync(NewOrder()));
        Func<Task> ready = what == Texts
            ? () => _ready.AddAsync(EventMark.Now(length))
            : () => _ready.AddAsync(JsonSerializer.Serialize(NewOrder(), JsonSerializerOptions.Web));
        return
        [
            new FanOutVariant("SseKit, followed topic", $"/ssekit/{what}", ssekit),
            new FanOutVariant("ServerSentEvents, a channel for each client", $"/framework/{what}", framework),
            new FanOutVariant("ready bytes, one write for each client", "/ready", ready, _ready.Send),
        ];
    }

    private static Order NewOrder() => OrderWith(EventMark.Now(EventMark.Digits + 1));

    private static Order OrderWith(string mark) => new(4711, mark, "A customer of the shop", "created", 199.5);
}
