using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.DependencyInjection;

public sealed class SseHealthCheckTests : FollowTest
{
    [Fact]
    public async Task A_server_with_a_store_is_healthy()
    {
        await StartCheckedAppAsync();
        await FollowAsync("a");

        Assert.Equal((HttpStatusCode.OK, "Healthy"), await ReadyAsync());
        HealthReport report = await App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal((1, 0), (report.Entries["sse"].Data["connections"], report.Entries["sse"].Data["runs"]));
        Assert.True((await Store.GetStatesAsync(["ssekit.health"], CancellationToken.None))[0].IsUnused);
    }

    [Fact]
    public async Task A_store_that_fails_is_unhealthy_until_it_answers()
    {
        Logs.ExpectError(record => record.Exception is IOException);
        await StartCheckedAppAsync();
        Store.Break();

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await ReadyAsync());
        Store.Repair();
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await ReadyAsync());
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_unhealthy()
    {
        Logs.ExpectError(_ => true);
        await StartCheckedAppAsync(timeout: TimeSpan.FromMilliseconds(100));
        var never = new TaskCompletionSource();
        Store.BeforeGetState = () => never.Task;

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), await ReadyAsync());
        never.SetResult();
    }

    [Fact]
    public async Task A_store_without_notifications_is_degraded_until_they_return()
    {
        await StartCheckedAppAsync();
        Store.ReceivesNotifications = false;

        Assert.Equal((HttpStatusCode.OK, "Degraded"), await ReadyAsync());
        Store.ReceivesNotifications = true;
        Assert.Equal((HttpStatusCode.OK, "Healthy"), await ReadyAsync());
    }

    [Fact]
    public async Task A_full_server_is_degraded()
    {
        await StartCheckedAppAsync(options => options.MaxConnections = 1);
        await FollowAsync("a");

        Assert.Equal((HttpStatusCode.OK, "Degraded"), await ReadyAsync());
    }

    [Fact]
    public async Task A_stopping_server_is_not_ready_while_it_drains()
    {
        Logs.ExpectError(_ => true);
        var entered = new Signal();
        var mayEnd = new Signal();
        await StartCheckedAppAsync(endpoints: app => app.MapSse("/answer", ["POST"], async (SseEventWriter events) =>
        {
            entered.Set();
            await mayEnd.WaitAsync(CancellationToken.None);
        }));
        Task<HttpResponseMessage> answering = Client.PostAsync("/answer", content: null);
        await entered.WaitAsync();
        App.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        HealthReport report = await App.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        mayEnd.Set();
        (await answering).Dispose();
    }

    [Fact]
    public async Task A_check_without_services_names_the_call()
    {
        KestrelApp app = await StartAsync(_ => { }, builder => builder.Services.AddHealthChecks().AddSse());

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync());

        Assert.Contains("AddSse", exception.Message, StringComparison.Ordinal);
    }

    private Task StartCheckedAppAsync(
        Action<SseOptions>? options = null, TimeSpan? timeout = null, Action<WebApplication>? endpoints = null) => StartFollowAppAsync(
        options,
        endpoints: app =>
        {
            app.MapHealthChecks("/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready") });
            endpoints?.Invoke(app);
        },
        services: builder => builder.Services.AddHealthChecks().AddSse(tags: ["ready"], timeout: timeout));

    private async Task<(HttpStatusCode Status, string Body)> ReadyAsync()
    {
        using HttpResponseMessage response = await Client.GetAsync("/ready");
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
