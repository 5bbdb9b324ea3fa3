using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>A stream ends when the cookie of its client does.</summary>
public sealed class SignInExpiryTests : SignInTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_get_ends_cleanly_when_its_cookie_expires()
    {
        await StartAppAsync(app => app.MapSse("/", WaitAsync).RequireAuthorization());
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());

        Time.Advance(SignInLifetime - Minute);
        int before = Unended;
        Time.Advance(Minute);

        Assert.Equal(1, before);
        Assert.Equal("", (await response.ReadToEndAsync()).AfterPreamble());
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Fact]
    public async Task A_post_is_broken_off_when_its_cookie_expires()
    {
        await StartAppAsync(app => app.MapSse("/", ["POST"], WaitAsync).RequireAuthorization());
        using StreamingResponse response = await OpenAsync("/", await SignInAsync(), HttpMethod.Post);

        Time.Advance(SignInLifetime);

        Assert.Equal("", await response.ReadToBreakAsync());
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Fact]
    public async Task An_intercepted_stream_ends_when_its_cookie_expires()
    {
        await StartAppAsync(app =>
        {
            app.UseSse();
            app.MapGet("/", (CancellationToken ct) => TypedResults.ServerSentEvents(Nothing(ct))).RequireAuthorization();
        });
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());

        Time.Advance(SignInLifetime);

        Assert.Equal("", (await response.ReadToEndAsync()).AfterPreamble());
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_proxy_that_aborts_at_the_end_breaks_nothing(bool expires)
    {
        await StartAppAsync(app =>
        {
            app.UseSse();
            app.MapGet("/", async (HttpContext context) =>
            {
                var ended = new Signal();
                await using CancellationTokenRegistration registration = context.RequestAborted.Register(ended.Set);
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync("data: 1\n\n");
                await ended.WaitAsync(CancellationToken.None);
                context.Abort();
            }).RequireAuthorization();
        });
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());
        await response.ReadUntilAsync("data: 1\n\n");

        Time.Advance(expires ? SignInLifetime : TimeSpan.Zero);
        Connections.Disconnect(_ => !expires);

        Assert.Equal("", await response.ReadToEndAsync());
        Assert.Equal(expires ? "unauthorized" : "disconnected", await EndReasonAsync());
    }

    [Fact]
    public async Task A_fallback_policy_requires_the_sign_in()
    {
        await StartAppAsync(
            app => app.MapSse("/", WaitAsync),
            services: services => services.AddAuthorizationBuilder().SetFallbackPolicy(
                new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build()));
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());

        Time.Advance(SignInLifetime);

        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Theory]
    [InlineData("/without")]
    [InlineData("/anonymous")]
    [InlineData("/off")]
    public async Task A_stream_that_needs_no_sign_in_outlives_it(string path)
    {
        await StartAppAsync(app =>
        {
            app.MapSse("/without", WaitAsync);
            app.MapSse("/anonymous", WaitAsync).RequireAuthorization().AllowAnonymous();
            app.MapSse("/off", WaitAsync).RequireAuthorization()
                .WithSseOptions(options => options.CloseOnAuthenticationExpiration = false);
        });
        using StreamingResponse response = await OpenAsync(path, await SignInAsync());

        Time.Advance(2 * SignInLifetime);

        Assert.Equal(1, Unended);
    }

    [Fact]
    public async Task An_earlier_lifetime_keeps_its_reason()
    {
        await StartAppAsync(
            app => app.MapSse("/", WaitAsync).RequireAuthorization(), options => options.MaxConnectionLifetime = SignInLifetime / 2);
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());

        Time.Advance(SignInLifetime);

        await response.ReadToEndAsync();
        Assert.Equal("lifetime", await EndReasonAsync());
    }

    [Fact]
    public async Task A_response_that_renews_the_cookie_extends_its_stream()
    {
        await StartAppAsync(app => app.MapSse("/", WaitAsync).RequireAuthorization());
        string cookie = await SignInAsync();
        Time.Advance(SignInLifetime * 0.75);
        using StreamingResponse response = await OpenAsync("/", cookie);

        Time.Advance(SignInLifetime - Minute);
        int before = Unended;
        Time.Advance(Minute);

        Assert.Contains("Set-Cookie", response.Headers.Keys);
        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Fact]
    public async Task A_client_with_a_renewed_cookie_misses_nothing()
    {
        await StartAppAsync(app =>
        {
            app.MapSse("/", () => SseResults.Follow("a")).RequireAuthorization();
            app.MapGet("/page", () => "").RequireAuthorization();
        });
        ISsePublisher publisher = App.Services.GetRequiredService<ISsePublisher>();
        string cookie = await SignInAsync();
        StreamClient client = await ConnectAsync(cookie);
        await client.NextAsync();
        await publisher.PublishAsync("a", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));

        Time.Advance(SignInLifetime * 0.75);
        using var page = new HttpRequestMessage(HttpMethod.Get, "/page") { Headers = { { "Cookie", cookie } } };
        using HttpResponseMessage renewing = await Client.SendAsync(page);
        string renewed = CookieOf(renewing.Headers.GetValues("Set-Cookie").Single());
        Time.Advance((SignInLifetime * 0.25) + TimeSpan.FromSeconds(1));
        Assert.Empty(await client.ReadToEndAsync());
        await publisher.PublishAsync("a", "2");

        StreamClient refused = await ConnectAsync(cookie, client.LastEventId);
        StreamClient again = await ConnectAsync(renewed, client.LastEventId);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.Status);
        Assert.Equal("ssekit.open", (await again.NextAsync()).EventType);
        Assert.Equal(["2"], await again.TakeAsync(1));
    }

    [Fact]
    public async Task A_run_goes_on_when_the_sign_in_of_its_client_ends()
    {
        var proceed = new Signal();
        await StartAppAsync(app => app.MapSse("/", async (SseEventWriter events, CancellationToken ct) =>
        {
            await events.WriteAsync("1", ct);
            await proceed.WaitAsync(ct);
            await events.WriteAsync("2", ct);
        }).RequireAuthorization().WithSseReplay("run"));
        StreamClient client = await ConnectAsync(await SignInAsync());
        await client.NextAsync();
        Assert.Equal(["1"], await client.TakeAsync(1));

        Time.Advance(SignInLifetime);
        Assert.Empty(await client.ReadToEndAsync());
        Assert.Single(App.Services.GetRequiredService<ISseRuns>().GetRuns());
        StreamClient again = await ConnectAsync(await SignInAsync(), client.LastEventId);
        proceed.Set();

        Assert.Equal(["2"], await again.ReadToEndAsync());
    }

    // No timer waits for so long, and without heartbeats nothing else is due.
    [Fact]
    public async Task A_silent_stream_ends_with_a_sign_in_of_months()
    {
        TimeSpan lifetime = TimeSpan.FromDays(180);
        await StartAppAsync(
            app => app.MapSse("/", WaitAsync).RequireAuthorization(),
            services: services => services.Configure<CookieAuthenticationOptions>(
                CookieAuthenticationDefaults.AuthenticationScheme, cookies => cookies.ExpireTimeSpan = lifetime));
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());

        Time.Advance(lifetime - Minute);
        int before = Unended;
        Time.Advance(Minute);

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    // On the real clock, whose timestamps have no room for such a time.
    [Fact]
    public async Task A_sign_in_of_centuries_ends_no_stream()
    {
        await StartAppAsync(
            app => app.MapSse("/", WaitAsync).RequireAuthorization(),
            options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(10),
            services => services.AddSingleton(TimeProvider.System).Configure<CookieAuthenticationOptions>(
                CookieAuthenticationDefaults.AuthenticationScheme, cookies => cookies.ExpireTimeSpan = TimeSpan.FromDays(365 * 7000)));
        using StreamingResponse response = await OpenAsync("/", await SignInAsync());

        for (int heartbeats = 0; heartbeats < 3; heartbeats++)
        {
            await response.ReadUntilAsync(":\n");
        }

        Assert.Equal(1, Unended);
    }

    private async Task<StreamClient> ConnectAsync(string cookie, string? lastEventId = null)
    {
        HttpClient http = App.CreateClient();
        http.DefaultRequestHeaders.Add("Cookie", cookie);
        return await StreamClient.ConnectAsync(http, "/", lastEventId);
    }

    private static async IAsyncEnumerable<string> Nothing([EnumeratorCancellation] CancellationToken ct)
    {
        await Task.Delay(Timeout.Infinite, ct);
        yield break;
    }
}
