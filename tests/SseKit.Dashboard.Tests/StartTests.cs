using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Dashboard.Tests.Infrastructure;

namespace SseKit.Dashboard.Tests;

/// <summary>The app starts with a dashboard that is protected, or whose access the app has chosen.</summary>
public sealed class StartTests : DashboardTest
{
    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task App_without_a_policy_does_not_start_outside_development(string environment)
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartDashboardAsync(environment: environment));

        Assert.Contains("/sse", refusal.Message);
        Assert.Contains("RequireAuthorization", refusal.Message);
    }

    [Fact]
    public async Task Fallback_that_the_provider_does_not_use_protects_nothing()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);

        await Assert.ThrowsAsync<InvalidOperationException>(() => StartDashboardAsync(
            services: builder => builder.Services
                .AddSingleton<IAuthorizationPolicyProvider, WithoutFallback>()
                .AddAuthorization(options => options.FallbackPolicy = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build()),
            environment: "Production"));
    }

    [Fact]
    public async Task Dashboard_of_an_unprotected_group_fails_the_first_request()
    {
        Logs.ExpectError(record => record.Exception is InvalidOperationException);
        await StartDashboardAsync(app => app.MapGroup("/ops").MapSseDashboard("/sse"), environment: "Production");

        Assert.Equal(HttpStatusCode.InternalServerError, await GetStatusAsync("/ops/sse"));
        Assert.Contains(
            Logs.Records, record => record.Exception?.Message.Contains("RequireAuthorization", StringComparison.Ordinal) == true);
    }

    [Theory]
    [InlineData("policy", HttpStatusCode.Unauthorized)]
    [InlineData("group", HttpStatusCode.Unauthorized)]
    [InlineData("fallback", HttpStatusCode.Unauthorized)]
    [InlineData("anonymous", HttpStatusCode.OK)]
    public async Task App_that_has_decided_starts_and_all_paths_follow(string decision, HttpStatusCode expected)
    {
        await StartDashboardAsync(Map, Add, "Production");

        string[] paths = ["/sse", "/sse/", "/sse/dashboard.js", "/sse/dashboard-table.js", "/sse/dashboard.css", "/sse/overview"];
        foreach (string path in paths)
        {
            Assert.Equal(expected, await GetStatusAsync(path));
        }

        // The page may be open to everyone; reading topics and disconnecting are not by that.
        HttpStatusCode ability = expected == HttpStatusCode.OK ? HttpStatusCode.Forbidden : expected;
        Assert.Equal(ability, await GetStatusAsync("/sse/tail?topic=a"));
        Assert.Equal(ability, await DisconnectAsync("any"));

        void Map(WebApplication app)
        {
            IEndpointRouteBuilder endpoints = decision == "group" ? app.MapGroup("").RequireAuthorization() : app;
            IEndpointConventionBuilder dashboard = endpoints.MapSseDashboard("/sse");
            _ = decision switch
            {
                "policy" => dashboard.RequireAuthorization(),
                "anonymous" => dashboard.AllowAnonymous(),
                _ => dashboard,
            };
        }

        void Add(WebApplicationBuilder builder)
        {
            builder.Services.AddAuthentication("user").AddScheme<AuthenticationSchemeOptions, UserAuthentication>("user", null);
            builder.Services.AddAuthorization(options => options.FallbackPolicy =
                decision == "fallback" ? new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build() : null);
        }
    }

    [Fact]
    public async Task Unknown_policy_is_refused_when_the_dashboard_is_mapped()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartDashboardAsync(
            app => app.MapSseDashboard("/sse", options => options.TailPolicy = "operators"),
            builder => builder.Services.AddAuthorization()));

        Assert.Contains("'operators'", refusal.Message);
    }

    [Fact]
    public async Task App_without_services_of_ssekit_is_refused()
    {
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(app => app.MapSseDashboard("/sse")));

        Assert.Contains("AddSse()", refusal.Message);
    }

    [Fact]
    public async Task Other_endpoints_are_built_once_although_the_start_is_checked()
    {
        int built = 0;
        await StartDashboardAsync(app =>
        {
            app.MapSseDashboard("/sse");
            app.MapGet("/other", () => "other").Add(_ => Interlocked.Increment(ref built));
        });

        Assert.Equal(HttpStatusCode.OK, await GetStatusAsync("/other"));
        Assert.Equal(1, built);
    }

    private sealed class WithoutFallback(IOptions<AuthorizationOptions> options) : IAuthorizationPolicyProvider
    {
        private readonly DefaultAuthorizationPolicyProvider _inner = new(options);

        public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => _inner.GetDefaultPolicyAsync();

        public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(null);

        public Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) => _inner.GetPolicyAsync(policyName);
    }
}
