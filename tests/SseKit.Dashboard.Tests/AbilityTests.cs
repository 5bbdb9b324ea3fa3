using System.Net;
using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Dashboard.Tests.Infrastructure;

namespace SseKit.Dashboard.Tests;

/// <summary>Viewers disconnect streams and read topics if they may, and pages of other origins never do.</summary>
public sealed class AbilityTests : DashboardTest
{
    [Theory]
    [InlineData("boss", true)]
    [InlineData("guest", false)]
    [InlineData(null, false)]
    public async Task Policy_decides_also_on_an_anonymous_dashboard(string? user, bool isAllowed)
    {
        await StartWithPolicyAsync(dashboard => dashboard.AllowAnonymous());
        if (user is not null)
        {
            Client.DefaultRequestHeaders.Add("X-operator", user);
        }

        Viewer viewer = await WatchAsync();
        HttpStatusCode tail = await GetStatusAsync("/sse/tail?topic=a");
        HttpStatusCode disconnection = await DisconnectAsync("unknown");

        HttpStatusCode expected = isAllowed ? HttpStatusCode.OK : HttpStatusCode.Forbidden;
        Assert.Equal((expected, expected), (tail, disconnection));
        Assert.True(viewer.Permissions.GetProperty("tail").GetBoolean(), "The policy may decide by the topic, which is not known yet.");
        Assert.Equal(isAllowed, viewer.Permissions.GetProperty("disconnect").GetBoolean());
        Assert.Equal(isAllowed, Logs.Records.Any(record => record.Message == "The user boss of the dashboard disconnects stream unknown."));
    }

    [Theory]
    [InlineData("boss")]
    [InlineData("guest")]
    [InlineData(null)]
    public async Task Stream_of_the_page_keeps_its_user(string? user)
    {
        await StartWithPolicyAsync(dashboard => dashboard.RequireAuthorization());
        Client.DefaultRequestHeaders.Add("X-user", "anna");
        if (user is not null)
        {
            Client.DefaultRequestHeaders.Add("X-operator", user);
        }

        await WatchAsync();

        Assert.Equal("anna", App.Services.GetRequiredService<ISseConnections>().GetConnections().Single().User);
    }

    [Fact]
    public async Task Disconnected_stream_ends_and_its_reason_is_counted()
    {
        await StartDashboardAsync();
        StreamClient follower = await FollowAsync("a");
        Viewer viewer = await WatchAsync();
        string id = (await viewer.ConnectionsAsync(table => table.Int("total") == 1)).Rows()[0].Text("id")!;

        Assert.Equal(HttpStatusCode.OK, await DisconnectAsync(id));

        Assert.Empty(await follower.ReadToEndAsync());
        await viewer.ConnectionsAsync(table => table.Int("total") == 0);
        await viewer.OverviewAsync(overview =>
            overview.Row("routes", "route", "/follow/{topic}").Counts("ended") == "disconnected 1");
    }

    [Theory]
    [InlineData("cross-site", "application/json", HttpStatusCode.Forbidden)]
    [InlineData("same-site", "application/json", HttpStatusCode.Forbidden)]
    [InlineData("same-origin", "text/plain", HttpStatusCode.UnsupportedMediaType)]
    [InlineData(null, "application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    [InlineData("same-origin", "application/json", HttpStatusCode.OK)]
    public async Task Request_of_another_origin_disconnects_nothing(string? site, string contentType, HttpStatusCode expected)
    {
        await StartDashboardAsync();
        await FollowAsync("a");
        ISseConnections connections = App.Services.GetRequiredService<ISseConnections>();
        string id = connections.GetConnections().Single().Id;

        HttpStatusCode status = await DisconnectAsync(id, request =>
        {
            request.Content = new StringContent($$"""{"id":"{{id}}"}""", Encoding.UTF8, contentType);
            if (site is not null)
            {
                request.Headers.Add("Sec-Fetch-Site", site);
            }
        });

        Assert.Equal(expected, status);
        if (expected != HttpStatusCode.OK)
        {
            Assert.Single(connections.GetConnections());
        }
    }

    [Theory]
    [InlineData("/sse/overview")]
    [InlineData("/sse/tail?topic=a")]
    public async Task Stream_is_refused_to_a_page_of_another_origin(string path)
    {
        await StartDashboardAsync();
        Client.DefaultRequestHeaders.Add("Sec-Fetch-Site", "cross-site");

        Assert.Equal(HttpStatusCode.Forbidden, await GetStatusAsync(path));
        Assert.Equal(HttpStatusCode.OK, await GetStatusAsync("/sse"));
    }

    [Theory]
    [InlineData("", HttpStatusCode.BadRequest)]
    [InlineData("null", HttpStatusCode.BadRequest)]
    [InlineData("{}", HttpStatusCode.BadRequest)]
    [InlineData("""{"id":7}""", HttpStatusCode.BadRequest)]
    [InlineData("""{"id":"a"}{""", HttpStatusCode.BadRequest)]
    public async Task Malformed_disconnection_is_a_bad_request(string body, HttpStatusCode expected)
    {
        await StartDashboardAsync();

        HttpStatusCode status = await DisconnectAsync(
            "", request => request.Content = new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task Large_disconnection_is_refused_before_it_is_read()
    {
        await StartDashboardAsync();

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await DisconnectAsync(new string('a', 2000)));
    }

    [Fact]
    public async Task Disconnection_of_another_server_fails_with_its_store()
    {
        await StartDashboardAsync(services: builder =>
            builder.Services.AddSingleton<ISseConnections>(new UnreachableServers()));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await DisconnectAsync("other-1"));
        Assert.Contains(Logs.Records, record => record.Message.Contains("other-1 to other servers", StringComparison.Ordinal));
    }

    // The policy has a scheme of its own.
    private Task StartWithPolicyAsync(Action<IEndpointConventionBuilder> protect) => StartDashboardAsync(
        app => protect(app.MapSseDashboard("/sse", options =>
        {
            options.TailPolicy = "operators";
            options.DisconnectPolicy = "operators";
        })),
        builder =>
        {
            builder.Services.AddAuthentication("user")
                .AddScheme<AuthenticationSchemeOptions, UserAuthentication>("user", null)
                .AddScheme<AuthenticationSchemeOptions, UserAuthentication>("operator", null);
            builder.Services.AddAuthorizationBuilder().AddPolicy("operators", new AuthorizationPolicyBuilder("operator")
                .RequireAuthenticatedUser().RequireClaim(ClaimTypes.Name, "boss").Build());
        },
        "Production");

    private sealed class UnreachableServers : ISseConnections
    {
        public IReadOnlyList<SseConnectionInfo> GetConnections() => [];

        public int Disconnect(Func<SseConnectionInfo, bool> which, TimeSpan? retry = null, string? reason = null) => 0;

        public ValueTask<int> DisconnectAsync(SseDisconnect which, CancellationToken cancellationToken = default) =>
            throw new IOException("The disk has failed.");
    }
}
