using System.Net.Http.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.SignalR.Client;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class SignalRRoomsTests : RecipeTest
{
    private readonly Channel<KnownRemark> _said = Channel.CreateUnbounded<KnownRemark>();

    [Fact]
    public async Task Remark_reaches_hub_and_stream_with_one_id()
    {
        KestrelApp app = await StartAsync(SignalRRooms.Recipe);
        await using StreamClient stream = await StreamClient.OpenAsync(app.CreateClient(), "/rooms/a");
        await using HubConnection hub = await ConnectAsync(app);
        await JoinAsync(hub, "a", null);

        await hub.InvokeAsync("Say", "a", "from the hub").OrTimeout();
        (await app.CreateClient().PostAsJsonAsync("/rooms/a", new { text = "by HTTP" })).EnsureSuccessStatusCode().Dispose();

        foreach (string text in (string[])["from the hub", "by HTTP"])
        {
            Assert.Equal(text, (await stream.NextAsync()).Data);
            Assert.Equal(new KnownRemark(stream.LastEventId, text), await _said.Reader.ReadAsync().OrTimeout());
        }
    }

    [Fact]
    public async Task Hub_client_that_was_cut_gets_what_it_missed()
    {
        KestrelApp app = await StartAsync(SignalRRooms.Recipe);
        await using HubConnection first = await ConnectAsync(app);
        await JoinAsync(first, "a", null);
        await first.InvokeAsync("Say", "a", "1").OrTimeout();
        string lastId = (await _said.Reader.ReadAsync().OrTimeout()).Id;
        await first.StopAsync().OrTimeout();
        (await app.CreateClient().PostAsJsonAsync("/rooms/a", new { text = "2" })).EnsureSuccessStatusCode().Dispose();

        await using HubConnection again = await ConnectAsync(app);
        IReadOnlyList<KnownRemark>? missed = await JoinAsync(again, "a", lastId);

        Assert.Equal("2", Assert.Single(missed!).Text);
    }

    [Fact]
    public async Task Hub_client_whose_remarks_are_gone_gets_null()
    {
        KestrelApp app = await StartAsync(SignalRRooms.Recipe);
        await using HubConnection hub = await ConnectAsync(app);
        await hub.InvokeAsync("Say", "a", "1").OrTimeout();
        string? lastId = await PublisherOf(app).GetLastEventIdAsync("room:a");
        await PublisherOf(app).DeleteAsync("room:a");
        await hub.InvokeAsync("Say", "a", "2").OrTimeout();

        Assert.Null(await JoinAsync(hub, "a", lastId));
    }

    private async Task<HubConnection> ConnectAsync(KestrelApp app)
    {
        HubConnection connection = new HubConnectionBuilder().WithUrl(new Uri(app.BaseAddress, "hub")).Build();
        connection.On<string, string>("said", (id, text) => _said.Writer.TryWrite(new KnownRemark(id, text)));
        await connection.StartAsync().OrTimeout();
        return connection;
    }

    private static Task<IReadOnlyList<KnownRemark>?> JoinAsync(HubConnection hub, string room, string? lastId) =>
        hub.InvokeAsync<IReadOnlyList<KnownRemark>?>("Join", room, lastId).OrTimeout();
}
