using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Authentication;

/// <summary>A page that signs in by a token in a header follows a stream with tickets.</summary>
public sealed class TicketPageTests(Chromium chromium) : ScriptTest(chromium)
{
    private const string SignIn = """
        let token;
        const signIn = fetch("/login", { method: "POST" }).then(response => response.json()).then(body => token = body.accessToken);
        const getTicket = async () => {
            const response = await fetch("/events/ticket", {
                method: "POST",
                headers: { "Content-Type": "application/json", Authorization: `Bearer ${token}` } });
            return (await response.json()).ticket;
        };

        """;

    // The script of the README.
    private const string Recipe = """
        async function follow(lastEventId = "") {
            const source = new EventSource(`/events?ticket=${await getTicket()}&lastEventId=${encodeURIComponent(lastEventId)}`);
            source.onopen = () => tell("open");
            source.onerror = () => {
                source.close();
                tell("error");
                setTimeout(() => follow(lastEventId), 500);
            };
            source.addEventListener("ssekit.open", event => lastEventId = event.lastEventId);
            source.onmessage = event => {
                lastEventId = event.lastEventId;
                tell("message", event.data, event.lastEventId);
            };
        }
        signIn.then(() => follow());
        """;

    private const string WithoutRecipe = """
        signIn.then(getTicket).then(ticket => {
            const source = new EventSource(`/events?ticket=${ticket}`);
            source.onopen = () => tell("open");
            source.onerror = () => tell("error", stateOf(source));
        });
        """;

    private readonly ConcurrentQueue<string> _tickets = new();

    [BrowserTheory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task A_page_resumes_with_another_ticket_and_misses_nothing(string browser)
    {
        KestrelApp app = await StartTicketAppAsync(SignIn + Recipe);
        ISsePublisher publisher = app.Services.GetRequiredService<ISsePublisher>();
        ISseConnections connections = app.Services.GetRequiredService<ISseConnections>();
        await OpenScriptAsync(app, browser);
        Assert.Equal(PageRecord.Open, await ReadRecordAsync());
        await TestTimeout.UntilAsync(() => connections.GetConnections().Count == 1);
        string first = await publisher.PublishAsync("topic", "1");
        Assert.Equal(PageRecord.Message("1", first), await ReadRecordAsync());

        connections.Disconnect(_ => true);
        string second = await publisher.PublishAsync("topic", "2");

        Assert.Equal(new PageRecord("error"), await ReadRecordAsync());
        Assert.Equal(PageRecord.Open, await ReadRecordAsync());
        Assert.Equal(PageRecord.Message("2", second), await ReadRecordAsync());
        Assert.Equal(2, _tickets.Distinct().Count());
        Assert.Equal("alice", Assert.Single(connections.GetConnections()).User);
    }

    [BrowserTheory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task An_event_source_that_repeats_its_ticket_gives_up(string browser)
    {
        KestrelApp app = await StartTicketAppAsync(SignIn + WithoutRecipe);
        await OpenScriptAsync(app, browser);
        Assert.Equal(PageRecord.Open, await ReadRecordAsync());

        await TestTimeout.UntilAsync(() => app.Services.GetRequiredService<ISseConnections>().Disconnect(_ => true) == 1);

        Assert.Equal(PageRecord.Reconnecting, await ReadRecordAsync());
        Assert.Equal(PageRecord.GivenUp, await ReadRecordAsync());
        Assert.Single(_tickets);
    }

    private Task<KestrelApp> StartTicketAppAsync(string script) => StartScriptAsync(
        script,
        app =>
        {
            app.Use((context, next) =>
            {
                if (context.Request.Query["ticket"] is [{ } ticket])
                {
                    _tickets.Enqueue(ticket);
                }

                return next(context);
            });
            app.MapPost("/login", () => TypedResults.SignIn(
                new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "alice")], "password"))));
            app.MapSseTicket("/events/ticket");
            app.MapSse("/events", () => SseResults.Follow("topic")).WithSseTicket();
        },
        builder =>
        {
            builder.Services.AddSse(options => options.Retry = TimeSpan.FromMilliseconds(500));
            builder.Services.AddAuthentication(BearerTokenDefaults.AuthenticationScheme).AddBearerToken().AddSseTicket();
            builder.Services.AddAuthorization();
        });
}
