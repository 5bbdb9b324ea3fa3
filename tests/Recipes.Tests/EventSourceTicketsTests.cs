using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class EventSourceTicketsTests : RecipeTest
{
    private readonly ManualTimeProvider _time = new();
    private KestrelApp _app = null!;
    private HttpClient _http = null!;

    public override async Task InitializeAsync()
    {
        _app = await StartAsync(EventSourceTickets.Recipe, builder => builder.Services.AddSingleton<TimeProvider>(_time));
        _http = _app.CreateClient();
    }

    [Fact]
    public async Task Ticket_opens_the_stream_of_its_user()
    {
        string token = await SignInAsync("ada");
        await using StreamClient client = await StreamClient.OpenAsync(_http, $"/events?ticket={await TicketAsync(token)}");

        await PublishAsync(token, "hello");

        Assert.Contains("hello", (await client.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_ticket_resumes_after_a_drop()
    {
        string token = await SignInAsync("ada");
        StreamClient first = await StreamClient.OpenAsync(_http, $"/events?ticket={await TicketAsync(token)}");
        await first.DisposeAsync();
        await PublishAsync(token, "missed");

        await using StreamClient again = await StreamClient.OpenAsync(
            _http, $"/events?ticket={await TicketAsync(token)}&lastEventId={first.LastEventId}");

        Assert.Contains("missed", (await again.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Used_ticket_gets_401()
    {
        string ticket = await TicketAsync(await SignInAsync("ada"));
        await using StreamClient first = await StreamClient.OpenAsync(_http, $"/events?ticket={ticket}");

        await using StreamClient second = await StreamClient.ConnectAsync(_http, $"/events?ticket={ticket}");

        Assert.Equal(HttpStatusCode.Unauthorized, second.Status);
    }

    [Fact]
    public async Task Ticket_expires_after_30_seconds()
    {
        string ticket = await TicketAsync(await SignInAsync("ada"));
        _time.Advance(TimeSpan.FromSeconds(31));

        await using StreamClient client = await StreamClient.ConnectAsync(_http, $"/events?ticket={ticket}");

        Assert.Equal(HttpStatusCode.Unauthorized, client.Status);
    }

    [Fact]
    public async Task Stream_ends_when_the_token_expires()
    {
        string token = await SignInAsync("ada");
        await using StreamClient client = await StreamClient.OpenAsync(_http, $"/events?ticket={await TicketAsync(token)}");

        _time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(await client.ReadToEndAsync());
        using HttpResponseMessage refused = await _http.PostAsync("/events/ticket", new { }, ("Authorization", $"Bearer {token}"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private async Task<string> SignInAsync(string name)
    {
        using HttpResponseMessage response = await _http.PostAsync("/token", new { name, password = "demo" });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("accessToken").GetString()!;
    }

    private async Task<string> TicketAsync(string token)
    {
        using HttpResponseMessage response = await _http.PostAsync("/events/ticket", new { }, ("Authorization", $"Bearer {token}"));
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("ticket").GetString()!;
    }

    private async Task PublishAsync(string token, string text) =>
        (await _http.PostAsync("/events", new { text }, ("Authorization", $"Bearer {token}"))).EnsureSuccessStatusCode().Dispose();
}
