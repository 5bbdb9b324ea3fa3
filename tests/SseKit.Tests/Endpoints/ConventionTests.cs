using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class ConventionTests : ServerTest
{
    [Theory]
    [InlineData("/writer")]
    [InlineData("/typed")]
    [InlineData("/values")]
    [InlineData("/plain")]
    [InlineData("/group/typed")]
    public async Task A_client_without_cookie_gets_401_without_sign_in_page(string path)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapSse("/writer", (SseEventWriter events, IServiceProvider services) => Task.CompletedTask).RequireAuthorization();
                app.MapSse("/typed", Nothing).RequireAuthorization();
                app.MapSse("/values", () => AsyncEnumerable.Range(1, 1)).RequireAuthorization();
                app.MapGet("/plain", (SseEventWriter events) => Task.CompletedTask).RequireAuthorization();
                app.MapGroup("/group").RequireAuthorization().MapSse("/typed", Nothing);
            },
            WithCookies);

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.Equal(HttpStatusCode.Unauthorized, response.Status);
        Assert.False(response.Headers.ContainsKey("Content-Type"));
    }

    [Fact]
    public async Task A_forbidden_client_gets_403_without_page()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseAuthentication();
                app.UseAuthorization();
                app.MapGet("/sign-in", (HttpContext context) =>
                    context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada")], "test"))));
                app.MapSse("/members", async (ClaimsPrincipal user, SseEventWriter events) => await events.WriteAsync(user.Identity!.Name!))
                    .RequireAuthorization();
                app.MapSse("/admins", Nothing).RequireAuthorization(policy => policy.RequireRole("admin"));
            },
            WithCookies);
        HttpClient client = app.CreateClient();
        using HttpResponseMessage signedIn = await client.GetAsync("/sign-in");
        string cookie = signedIn.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

        using StreamingResponse member = await client.OpenAsync("/members", ("Cookie", cookie));
        using StreamingResponse admin = await client.OpenAsync("/admins", ("Cookie", cookie));

        Assert.Equal("data: ada\n\n", (await member.ReadToEndAsync()).AfterPreamble());
        Assert.Equal(HttpStatusCode.Forbidden, admin.Status);
    }

    [Fact]
    public async Task A_name_finds_its_stream_for_GET_only()
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/rooms/{room}", (string room, SseEventWriter events) => Task.CompletedTask).WithName("room");
            app.MapSse("/clock", Nothing).WithName("clock");
            app.MapGet(
                "/links", (LinkGenerator links) => $"{links.GetPathByName("room", new { room = 7 })} {links.GetPathByName("clock")}");
        });

        string links = await app.CreateClient().GetStringAsync("/links");

        Assert.Equal("/rooms/7 /clock", links);
    }

    [Fact]
    public async Task Cors_answers_for_a_stream()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseCors();
                app.MapSse("/clock", Nothing).RequireCors(policy => policy.WithOrigins("https://app.example").WithHeaders("Last-Event-ID"));
            },
            builder => builder.Services.AddCors());

        using StreamingResponse response = await app.CreateClient().OpenAsync("/clock", ("Origin", "https://app.example"));
        using StreamingResponse preflight = await app.CreateClient().OpenAsync(
            HttpMethod.Options,
            "/clock",
            ("Origin", "https://app.example"),
            ("Access-Control-Request-Method", "GET"),
            ("Access-Control-Request-Headers", "last-event-id"));

        Assert.Equal("https://app.example", response.Headers["Access-Control-Allow-Origin"]);
        Assert.Equal("", (await response.ReadToEndAsync()).AfterPreamble());
        Assert.Equal(HttpStatusCode.NoContent, preflight.Status);
        Assert.Equal("Last-Event-ID", preflight.Headers["Access-Control-Allow-Headers"]);
    }

    [Fact]
    public async Task A_rate_limiter_counts_an_open_stream()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.UseRateLimiter();
                app.MapSse("/clock", (events, ct) => Task.Delay(Timeout.Infinite, ct)).RequireRateLimiting("one");
            },
            builder => builder.Services.AddRateLimiter(limiter => limiter
                .AddConcurrencyLimiter("one", options => options.PermitLimit = 1)
                .RejectionStatusCode = StatusCodes.Status429TooManyRequests));

        using StreamingResponse first = await app.CreateClient().OpenAsync("/clock");
        using StreamingResponse second = await app.CreateClient().OpenAsync("/clock");

        Assert.Equal(HttpStatusCode.OK, first.Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, second.Status);
    }

    [Fact]
    public async Task Conventions_chain_in_any_order()
    {
        KestrelApp app = await StartAsync(app => app
            .MapSse("/clock", ["GET", "POST"], Nothing)
            .WithSseHeartbeat(TimeSpan.FromSeconds(5))
            .WithTags("clocks")
            .WithSseConnectionLimit(10)
            .WithSummary("Ticks.")
            .Produces(StatusCodes.Status404NotFound)
            .WithDescription("Ticks every second.")
            .WithSseOptions(options => options.Retry = TimeSpan.FromMinutes(4))
            .WithMetadata("more")
            .DisableAntiforgery());

        using StreamingResponse response = await app.CreateClient().OpenAsync("/clock");

        Assert.Matches("^retry: [1-3][0-9]{5}\n$", await response.ReadToEndAsync());
    }

    [Theory]
    [InlineData("get", HttpStatusCode.OK)]
    [InlineData("post", HttpStatusCode.OK)]
    [InlineData("head", HttpStatusCode.OK)]
    [InlineData("put", HttpStatusCode.MethodNotAllowed)]
    public async Task Methods_may_be_written_in_any_case(string method, HttpStatusCode expected)
    {
        KestrelApp app = await StartAsync(app => app.MapSse("/clock", ["get", "Post"], Nothing));

        using StreamingResponse response = await app.CreateClient().OpenAsync(new HttpMethod(method.ToUpperInvariant()), "/clock");

        Assert.Equal(expected, response.Status);
    }

    private static Task Nothing(SseEventWriter events, CancellationToken cancellationToken) => Task.CompletedTask;

    private static void WithCookies(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication("cookie").AddCookie("cookie");
        builder.Services.AddAuthorization();
    }
}
