using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Endpoints.Authentication;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>Servers that share a store use a ticket once.</summary>
public sealed class SharedTicketTests : SignInTest
{
    private readonly TemporaryDirectory _directory = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    [Fact]
    public async Task A_ticket_opens_one_stream_on_all_servers()
    {
        await StartServerAsync();
        HttpClient one = Client;
        await StartServerAsync();
        HttpClient other = Client;
        string ticket = IssueTicket();

        StreamingResponse[] responses = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? one : other).OpenAsync($"/events?ticket={ticket}")));

        Assert.Single(responses, response => response.Status == HttpStatusCode.OK);
        Assert.Equal(9, responses.Count(response => response.Status == HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task A_ticket_is_refused_while_the_store_is_unavailable()
    {
        await StartServerAsync();
        string ticket = IssueTicket();
        await ((IAsyncDisposable)App.Services.GetRequiredService<ISseEventStore>()).DisposeAsync();

        using StreamingResponse response = await Client.OpenAsync($"/events?ticket={ticket}");

        Assert.Equal(HttpStatusCode.Unauthorized, response.Status);
        Assert.Single(Logs.Records, record => record.Category == "SseKit" && record.Id.Id == LogEventIds.StoreFailed);
    }

    private Task StartServerAsync() => StartAppAsync(
        app => app.MapSse("/events", WaitAsync).WithSseTicket(),
        services: services =>
        {
            services.AddSse().AddSqliteEventStore(Path.Combine(_directory.Path, "events.db"));
            services.AddAuthentication().AddSseTicket();
        });

    private string IssueTicket() => App.Services.GetRequiredService<Tickets>().Issue(
        new ClaimsPrincipal(new ClaimsIdentity("test")), signInExpiry: null).Ticket;
}
