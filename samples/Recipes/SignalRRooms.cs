using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.SignalR;
using SseKit;

namespace Recipes;

internal static class SignalRRooms
{
    public static Recipe Recipe { get; } = new("signalr", "A SignalR hub and event streams show one topic.", AddSignalR, MapSignalR);

    public static void AddSignalR(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddSignalR();
        builder.Services.AddSingleton<Rooms>();
    }

    public static void MapSignalR(WebApplication app)
    {
        app.MapHub<RoomHub>("/hub");
        app.MapSse("/rooms/{room}", (string room) => SseResults.Follow(Rooms.TopicOf(room)));
        app.MapPost("/rooms/{room}", async (string room, Remark remark, Rooms rooms, CancellationToken ct) =>
            await rooms.SayAsync(room, remark.Text, ct));
    }
}

internal sealed record Remark(string Text);

internal sealed class Rooms(ISsePublisher publisher, IHubContext<RoomHub> hub)
{
    public static string TopicOf(string room) => $"room:{room}";

    // First the topic, which keeps the remark; then the hub's clients, which are sent it if they are connected.
    public async Task SayAsync(string room, string text, CancellationToken ct)
    {
        string id = await publisher.PublishAsync(TopicOf(room), text, eventType: "said", ct);

        // The speaker may have left: what is in the topic is sent to the others all the same.
        await hub.Clients.Group(room).SendAsync("said", id, text, CancellationToken.None);
    }
}

internal sealed class RoomHub(Rooms rooms, ISsePublisher publisher) : Hub
{
    public Task Say(string room, string text) => rooms.SayAsync(room, text, Context.ConnectionAborted);

    /// <summary>Joins a room, and returns the remarks since the last one that the client has, or null after a gap.</summary>
    public async Task<IReadOnlyList<KnownRemark>?> Join(string room, string? lastId)
    {
        // Join first: a remark that is made meanwhile may then arrive twice, with the same id, but is never lost.
        await Groups.AddToGroupAsync(Context.ConnectionId, room, Context.ConnectionAborted);
        var missed = new List<KnownRemark>();
        try
        {
            await foreach (SseItem<string> item in publisher.ReadAsync(Rooms.TopicOf(room), lastId, Context.ConnectionAborted))
            {
                missed.Add(new KnownRemark(item.EventId!, item.Data));
            }
        }
        catch (SseGapException)
        {
            return null; // The client loads the room again.
        }

        return missed;
    }
}

internal sealed record KnownRemark(string Id, string Text);
