using Notifications;
using SseKit;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSse();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddHostedService<SystemAlerts>();

var app = builder.Build();
app.UseFileServer();

// One connection, two topics. The client's last event id contains its position in both.
app.MapSse("/feed/{client}", (string client) =>
    SseResults.Follow([Topics.Orders, Topics.Alerts], new SseFollowOptions { StartAt = SseReplayStart.Last(5) }));

app.MapPost("/orders", async (NewOrder order, ISsePublisher publisher, TimeProvider time, CancellationToken ct) =>
{
    if (string.IsNullOrWhiteSpace(order.Item) || order.Item.Length > 100)
    {
        return Results.Problem("An order names an item of 1 to 100 characters.", statusCode: 400);
    }

    var placed = new Order(Guid.NewGuid().ToString("N")[..8], order.Item.Trim(), time.GetUtcNow());
    string id = await publisher.PublishAsync(Topics.Orders, placed, eventType: "order", ct);
    return Results.Ok(new { placed.Number, id });
});

// Disconnects the client's own feed. The page reconnects after some seconds, and no event is lost.
app.MapPost("/drop/{client}", (string client, ISseConnections connections, TimeProvider time) =>
    connections.Disconnect(stream => stream.Path == $"/feed/{client}", reason: "its page asked for it") > 0
        ? Results.Ok(new { At = time.GetUtcNow() })
        : Results.NotFound());

// Outside Development the dashboard needs a policy.
if (app.Environment.IsDevelopment())
{
    app.MapSseDashboard("/sse");
}

app.Run();

internal sealed record NewOrder(string Item);

internal sealed record Order(string Number, string Item, DateTimeOffset At);
