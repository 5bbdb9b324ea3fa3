using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Endpoints.Authentication;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>A ticket in the URL authenticates one stream.</summary>
public sealed class TicketTests : SignInTest
{
    private static readonly TimeSpan TicketLifetime = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_ticket_opens_a_stream_of_its_user_once()
    {
        await StartTicketAppAsync();
        TicketResponse ticket = await GetTicketAsync(await SignInAsync("bob"));

        using StreamingResponse first = await OpenAsync($"/events?ticket={ticket.Ticket}", cookie: null);
        using StreamingResponse second = await Client.OpenAsync($"/events?ticket={ticket.Ticket}");

        Assert.Equal(30, ticket.ExpiresIn);
        Assert.Equal("bob", Assert.Single(Connections.GetConnections()).User);
        Assert.Equal("data: password bob\n\n", (await first.ReadUntilAsync("\n\n")).AfterPreamble());
        Assert.Equal(HttpStatusCode.Unauthorized, second.Status);
    }

    [Fact]
    public async Task Of_concurrent_uses_of_a_ticket_one_succeeds()
    {
        await StartTicketAppAsync();
        TicketResponse ticket = await GetTicketAsync(await SignInAsync());

        StreamingResponse[] responses = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(_ => Client.OpenAsync($"/events?ticket={ticket.Ticket}")));

        Assert.Single(responses, response => response.Status == HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(29, HttpStatusCode.OK)]
    [InlineData(30, HttpStatusCode.Unauthorized)]
    public async Task A_ticket_is_valid_for_its_lifetime(int seconds, HttpStatusCode expected)
    {
        await StartTicketAppAsync();
        TicketResponse ticket = await GetTicketAsync(await SignInAsync());

        Time.Advance(TimeSpan.FromSeconds(seconds));
        using StreamingResponse response = await Client.OpenAsync($"/events?ticket={ticket.Ticket}");

        Assert.Equal(expected, response.Status);
    }

    [Fact]
    public async Task Records_of_used_tickets_end_with_their_tickets()
    {
        await StartTicketAppAsync();
        string cookie = await SignInAsync();
        for (int i = 0; i < 3; i++)
        {
            using StreamingResponse response = await Client.OpenAsync($"/events?ticket={(await GetTicketAsync(cookie)).Ticket}");
            Time.Advance(TicketLifetime);
        }

        Assert.Equal(1, App.Services.GetRequiredService<TicketUses>().Count);
    }

    [Fact]
    public async Task A_stream_of_a_ticket_ends_with_the_sign_in()
    {
        await StartTicketAppAsync();
        string cookie = await SignInAsync();
        Time.Advance(SignInLifetime / 4);
        TicketResponse ticket = await GetTicketAsync(cookie);
        using StreamingResponse response = await OpenAsync($"/events?ticket={ticket.Ticket}", cookie: null);

        Time.Advance((SignInLifetime * 0.75) - TimeSpan.FromSeconds(1));
        int before = Unended;
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("x&ticket=y")]
    public async Task A_forged_ticket_is_refused_despite_a_cookie(string ticket)
    {
        await StartTicketAppAsync();

        using StreamingResponse response = await Client.OpenAsync($"/events?ticket={ticket}", ("Cookie", await SignInAsync()));

        Assert.Equal(HttpStatusCode.Unauthorized, response.Status);
    }

    [Fact]
    public async Task Without_a_ticket_the_default_scheme_authenticates()
    {
        await StartTicketAppAsync();

        using StreamingResponse anonymous = await Client.OpenAsync("/events");
        using StreamingResponse signedIn = await OpenAsync("/events", await SignInAsync());

        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.Status);
        Assert.Equal("data: password alice\n\n", (await signedIn.ReadUntilAsync("\n\n")).AfterPreamble());
    }

    [Fact]
    public async Task A_ticket_authenticates_no_other_endpoint()
    {
        await StartTicketAppAsync();
        TicketResponse ticket = await GetTicketAsync(await SignInAsync());

        using StreamingResponse response = await Client.OpenAsync($"/other?ticket={ticket.Ticket}");
        using HttpResponseMessage another = await PostAsync($"/ticket?ticket={ticket.Ticket}", cookie: null, "application/json");

        Assert.Equal(HttpStatusCode.Unauthorized, response.Status);
        Assert.Equal(HttpStatusCode.Unauthorized, another.StatusCode);
    }

    [Fact]
    public async Task A_ticket_satisfies_the_policy_of_its_endpoint()
    {
        await StartTicketAppAsync();
        string[] tickets =
        [
            (await GetTicketAsync(await SignInAsync("alice"))).Ticket, (await GetTicketAsync(await SignInAsync("bob"))).Ticket,
        ];

        using StreamingResponse alice = await Client.OpenAsync($"/bobs?ticket={tickets[0]}");
        using StreamingResponse bob = await Client.OpenAsync($"/bobs?ticket={tickets[1]}");

        Assert.Equal(HttpStatusCode.Forbidden, alice.Status);
        Assert.Equal(HttpStatusCode.OK, bob.Status);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_form_of_another_page_gets_no_ticket(string? contentType)
    {
        await StartTicketAppAsync();

        using HttpResponseMessage response = await PostAsync("/ticket", await SignInAsync(), contentType);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Only_a_signed_in_post_gets_a_ticket()
    {
        await StartTicketAppAsync();

        using HttpResponseMessage anonymous = await PostAsync("/ticket", cookie: null, "application/json");
        using StreamingResponse get = await Client.OpenAsync("/ticket", ("Cookie", await SignInAsync()));
        using HttpResponseMessage issued = await PostAsync("/ticket", await SignInAsync(), "application/json");

        Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.Status);
        Assert.Equal("no-store", issued.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task A_ticket_too_long_for_a_url_is_not_issued()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        await StartTicketAppAsync();
        string cookie = await SignInAsync(new string('a', 8000));

        using HttpResponseMessage refused = await PostAsync("/ticket", cookie, "application/json");

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
    }

    [Fact]
    public async Task A_ticket_carries_the_claims_that_the_app_selects()
    {
        await StartTicketAppAsync(tickets => tickets.SelectUser = user => new ClaimsPrincipal(
            new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "short")], "selected")));
        string cookie = await SignInAsync(new string('a', 8000));

        using StreamingResponse response = await OpenAsync($"/events?ticket={(await GetTicketAsync(cookie)).Ticket}", cookie: null);

        Assert.Equal("data: selected short\n\n", (await response.ReadUntilAsync("\n\n")).AfterPreamble());
    }

    [Fact]
    public async Task Logs_metrics_and_activities_contain_no_ticket()
    {
        var activities = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SseKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity =>
            {
                lock (activities)
                {
                    activities.Add(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await StartTicketAppAsync();
        TicketResponse ticket = await GetTicketAsync(await SignInAsync());
        using StreamingResponse first = await OpenAsync($"/events?ticket={ticket.Ticket}", cookie: null);
        using StreamingResponse second = await Client.OpenAsync($"/events?ticket={ticket.Ticket}");
        SseConnectionInfo listed = Assert.Single(Connections.GetConnections());
        Connections.Disconnect(_ => true);
        await first.ReadToEndAsync();
        await EndReasonAsync();

        string[] messages = [.. Logs.Records.Where(record => record.Category.StartsWith("SseKit", StringComparison.Ordinal))
            .Select(record => record.ToString())];
        Activity[] ours;
        lock (activities)
        {
            ours = [.. activities.Where(activity => activity.Tags.Any(tag => tag.Value == "/events"))];
        }

        Assert.Contains(messages, message => message.Contains("used before", StringComparison.Ordinal));
        Assert.NotEmpty(ours);
        IEnumerable<string?> all =
        [
            .. messages,
            .. ours.SelectMany(activity => activity.TagObjects).Select(tag => tag.Value?.ToString()),
            .. Readings.Instruments.Keys.SelectMany(Readings.Of).SelectMany(each => each.Tags.Values).Select(value => value?.ToString()),
            listed.Path, listed.Route, listed.User, listed.Id,
        ];
        Assert.DoesNotContain(all, text => text?.Contains(ticket.Ticket[..40], StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_scheme_that_was_the_only_one_stays_the_default()
    {
        ServiceCollection services = new();
        services.AddLogging();
        services.AddAuthentication().AddCookie("only").AddSseTicket();
        await using ServiceProvider provider = services.BuildServiceProvider();

        AuthenticationScheme? scheme =
            await provider.GetRequiredService<IAuthenticationSchemeProvider>().GetDefaultAuthenticateSchemeAsync();

        Assert.Equal("only", scheme?.Name);
    }

    [Theory]
    [InlineData(0.9, false)]
    [InlineData(1, true)]
    [InlineData(600, true)]
    [InlineData(601, false)]
    public void A_lifetime_is_a_second_to_ten_minutes(double seconds, bool isValid)
    {
        var options = new SseTicketOptions { Lifetime = TimeSpan.FromSeconds(seconds) };

        Exception? exception = Record.Exception(options.Validate);

        Assert.Equal(isValid, exception is null);
    }

    [Fact]
    public async Task Tickets_without_their_services_are_refused_at_start()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);

        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAppAsync(app => app.MapSseTicket("/ticket")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAppAsync(app => app.MapSse("/events", WaitAsync).WithSseTicket()));
    }

    private Task StartTicketAppAsync(Action<SseTicketOptions>? tickets = null) => StartAppAsync(
        app =>
        {
            app.MapSseTicket("/ticket");
            app.MapSse("/events", TellUserAsync).WithSseTicket();
            app.MapSse("/other", TellUserAsync).RequireAuthorization();
            app.MapSse("/bobs", TellUserAsync).RequireAuthorization("bob").WithSseTicket();
        },
        services: services =>
        {
            services.AddAuthentication().AddSseTicket(tickets);
            services.AddAuthorizationBuilder().AddPolicy("bob", policy => policy.RequireClaim(ClaimTypes.NameIdentifier, "bob"));
        });

    private static async Task TellUserAsync(HttpContext context, SseEventWriter events, CancellationToken cancellationToken)
    {
        string? user = context.User.FindFirstValue(ClaimTypes.NameIdentifier);
        await events.WriteAsync($"{context.User.Identity?.AuthenticationType} {user}", cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    private async Task<TicketResponse> GetTicketAsync(string cookie)
    {
        using HttpResponseMessage response = await PostAsync("/ticket", cookie, "application/json");
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<TicketResponse>())!;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string? cookie, string? contentType)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType);
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        return await Client.SendAsync(request).OrTimeout();
    }

    private sealed record TicketResponse(string Ticket, int ExpiresIn);
}
