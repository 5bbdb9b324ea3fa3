using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Authentication;

/// <summary>A page follows a stream of another origin, to which its cookie belongs.</summary>
public sealed class CrossOriginTests(Chromium chromium) : ScriptTest(chromium)
{
    private const string Script = """
        const api = "{api}";
        const listen = (url, options, prefix) => {
            const source = new EventSource(url, options);
            source.onopen = () => tell(prefix + "open");
            source.onerror = () => tell(prefix + "error", stateOf(source));
            source.onmessage = event => tell(prefix + "message", event.data, event.lastEventId);
        };
        fetch(api + "/login", { method: "POST", credentials: "include" }).then(() => {
            listen(api + "/events", { withCredentials: {credentials} }, "");
        });
        """;

    [BrowserTheory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task With_credentials_a_stream_of_another_origin_opens_and_resumes(string browser)
    {
        (KestrelApp page, KestrelApp api) = await StartAppsAsync(credentials: true);
        ISsePublisher publisher = api.Services.GetRequiredService<ISsePublisher>();
        await OpenScriptAsync(page, browser);
        Assert.Equal(PageRecord.Open, await ReadRecordAsync());
        string first = await publisher.PublishAsync("topic", "1");
        Assert.Equal(PageRecord.Message("1", first), await ReadRecordAsync());

        api.Services.GetRequiredService<ISseConnections>().Disconnect(_ => true);
        Assert.Equal(PageRecord.Reconnecting, await ReadRecordAsync());
        string second = await publisher.PublishAsync("topic", "2");

        Assert.Equal(PageRecord.Open, await ReadRecordAsync());
        Assert.Equal(PageRecord.Message("2", second), await ReadRecordAsync());
    }

    [BrowserTheory]
    [InlineData("chromium")]
    [InlineData("firefox")]
    public async Task Without_credentials_a_stream_of_another_origin_is_refused(string browser)
    {
        (KestrelApp page, KestrelApp _) = await StartAppsAsync(credentials: false);

        await OpenScriptAsync(page, browser);

        Assert.Equal(PageRecord.GivenUp, await ReadRecordAsync());
    }

    // Two ports are two origins. Their cookies are those of one site, as with app.example.com and api.example.com.
    private async Task<(KestrelApp Page, KestrelApp Api)> StartAppsAsync(bool credentials)
    {
        string origin = "";
        KestrelApp api = await StartPageAsync(
            app =>
            {
                app.UseCors();
                app.MapPost("/login", (HttpContext context) => context.SignInAsync(
                    new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "alice")], "password"))));
                app.MapSse("/events", () => SseResults.Follow("topic")).RequireAuthorization();
            },
            builder =>
            {
                builder.Services.AddSse(options => options.Retry = TimeSpan.FromMilliseconds(500));
                builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie();
                builder.Services.AddAuthorization();
                builder.Services.AddCors(cors => cors.AddDefaultPolicy(
                    policy => policy.SetIsOriginAllowed(each => each == origin).WithHeaders("Last-Event-ID").AllowCredentials()));
            });
        string script = Script
            .Replace("{api}", api.BaseAddress.ToString().TrimEnd('/'), StringComparison.Ordinal)
            .Replace("{credentials}", credentials ? "true" : "false", StringComparison.Ordinal);
        KestrelApp page = await StartScriptAsync(script, _ => { });
        origin = page.BaseAddress.ToString().TrimEnd('/');
        return (page, api);
    }
}
