using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Dashboard.Tests.Infrastructure;

namespace SseKit.Dashboard.Tests;

/// <summary>The page and its files, whatever stands around them.</summary>
public sealed class PageTests : DashboardTest
{
    [Theory]
    [InlineData("/sse", "./sse/")]
    [InlineData("/sse/", "./")]
    [InlineData("/base/sse", "./sse/")]
    [InlineData("/base/sse/", "./")]
    public async Task Base_address_is_relative_to_the_requested_path(string path, string expected)
    {
        await StartDashboardAsync(app =>
        {
            app.UsePathBase("/base");
            app.UseRouting();
            app.MapSseDashboard("/sse");
        });

        Assert.Contains($"<base href=\"{expected}\">", await Client.GetStringAsync(path));
    }

    [Fact]
    public async Task Dashboard_at_the_root_of_a_path_base_is_found_without_slash()
    {
        await StartDashboardAsync(app =>
        {
            app.UsePathBase("/base");
            app.UseRouting();
            app.MapSseDashboard("");
        });

        Assert.Contains("<base href=\"./base/\">", await Client.GetStringAsync("/base"));
        Assert.Contains("<base href=\"./\">", await Client.GetStringAsync("/base/"));
    }

    [Fact]
    public async Task Hostile_path_stays_text_in_the_base_address()
    {
        await StartDashboardAsync(app => app.MapSseDashboard("/of/{tenant}"));

        string page = await Client.GetStringAsync("/of/" + Uri.EscapeDataString("\"><img src=x onerror=alert(1)>:\\"));

        Assert.DoesNotContain("<img", page);
        Assert.Contains("<base href=\"./%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E:%5C/\">", page);
    }

    [Fact]
    public async Task Page_forbids_what_it_does_not_use()
    {
        await StartDashboardAsync();

        using HttpResponseMessage page = await Client.GetAsync("/sse");

        string policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'", policy);
        Assert.DoesNotContain("unsafe", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        string html = await page.Content.ReadAsStringAsync();
        Assert.DoesNotContain("style=", html);
        Assert.DoesNotMatch("<[^>]* on[a-z]+=", html);
        Assert.DoesNotContain("://", html);
        Assert.DoesNotContain("://", await Client.GetStringAsync("/sse/dashboard.js"));
        Assert.DoesNotContain("://", await Client.GetStringAsync("/sse/dashboard-table.js"));
        Assert.DoesNotContain("://", await Client.GetStringAsync("/sse/dashboard.css"));
    }

    [Fact]
    public async Task Script_never_makes_markup_of_text()
    {
        await StartDashboardAsync();

        string script = await Client.GetStringAsync("/sse/dashboard.js") + await Client.GetStringAsync("/sse/dashboard-table.js");

        Assert.DoesNotMatch("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval|Function\\(", script);
    }

    [Fact]
    public async Task Middleware_of_the_framework_around_it_changes_nothing()
    {
        await StartDashboardAsync(
            app =>
            {
                app.UseResponseCompression();
                app.UseCors();
                app.UseRateLimiter();
                app.UseOutputCache();
                app.UseAntiforgery();
                app.UseSse();
                app.MapSseDashboard("/sse");
            },
            builder =>
            {
                builder.Services.AddResponseCompression(options => options.EnableForHttps = true);
                builder.Services.AddCors(options => options.AddDefaultPolicy(policy => policy.WithOrigins("http://app.test")));
                builder.Services.AddRateLimiter(_ => { });
                builder.Services.AddOutputCache(options => options.AddBasePolicy(policy => policy.Cache()));
                builder.Services.AddAntiforgery();
            });

        Viewer first = await WatchAsync();
        await first.OverviewAsync(overview => overview.Int("own") == 1);
        Viewer second = await WatchAsync();
        await second.OverviewAsync(overview => overview.Int("own") == 2);

        Assert.Equal(HttpStatusCode.OK, await DisconnectAsync("unknown"));
        Assert.Contains("<base href=\"./sse/\">", await Client.GetStringAsync("/sse"));
        Assert.Contains("<base href=\"./\">", await Client.GetStringAsync("/sse/"));
    }

    [Theory]
    [InlineData("/sse")]
    [InlineData("/sse/dashboard.js")]
    [InlineData("/sse/dashboard-table.js")]
    [InlineData("/sse/overview")]
    [InlineData("/sse/tail?topic=a")]
    public async Task Filter_of_the_app_runs_before_every_path(string path)
    {
        await StartDashboardAsync(app => app.MapSseDashboard("/sse")
            .AddEndpointFilter((_, _) => new(TypedResults.StatusCode(StatusCodes.Status418ImATeapot))));

        Assert.Equal((HttpStatusCode)StatusCodes.Status418ImATeapot, await GetStatusAsync(path));
        Assert.Equal((HttpStatusCode)StatusCodes.Status418ImATeapot, await DisconnectAsync("any"));
    }

    [Theory]
    [InlineData("/sse/overview")]
    [InlineData("/sse/tail?topic=a")]
    public async Task Head_of_a_stream_gets_its_headers_and_ends(string path)
    {
        await StartDashboardAsync();

        using HttpResponseMessage head = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, path)).OrTimeout();

        Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (head.StatusCode, head.Content.Headers.ContentType?.MediaType));
    }

    [Theory]
    [InlineData("/sse", "text/html")]
    [InlineData("/sse/dashboard.js", "text/javascript")]
    [InlineData("/sse/dashboard-table.js", "text/javascript")]
    [InlineData("/sse/dashboard.css", "text/css")]
    public async Task Files_are_served_as_what_they_are(string path, string type)
    {
        await StartDashboardAsync();

        using HttpResponseMessage file = await Client.GetAsync(path);

        Assert.Equal(type, file.Content.Headers.ContentType?.MediaType);
    }
}
