using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A failure of a run that no request gets is logged once.</summary>
public sealed class RunFailureLogTests : ReplayTest
{
    private const string Failure = "The app fails.";

    private readonly Signal _started = new();
    private readonly TaskCompletionSource _mayFail = new();

    [Theory]
    [InlineData(null)]
    [InlineData("application/json")]
    public async Task A_failure_after_the_client_has_left_is_logged(string? answer)
    {
        Logs.ExpectError(IsFailure);
        await StartReplayAppAsync(endpoints: app => app.MapGet("/fails", async (HttpContext context) =>
        {
            if (answer is not null)
            {
                context.Response.ContentType = answer;
                await context.Response.WriteAsync("[");
            }

            _started.Set();
            await _mayFail.Task;
            throw new InvalidOperationException(Failure);
        }).WithSseReplay(Topic));
        using RawConnection client = await App.ConnectAsync();
        await client.GetAsync("/fails");
        await _started.WaitAsync();

        client.Reset();
        await TestTimeout.UntilAsync(() => Runs.Active.All(run => run.Followers == 0));
        _mayFail.SetResult();
        LogRecord error = await Logs.WaitForAsync(IsFailure);
        await RunIsOverAsync();

        Assert.Contains("/fails", error.Message, StringComparison.Ordinal);
        Assert.Single(Logs.Records, IsFailure);
    }

    [Fact]
    public async Task A_failure_that_the_client_gets_is_logged_once()
    {
        Logs.ExpectError(IsFailure);
        await StartReplayAppAsync(endpoints: app =>
            app.MapGet("/fails", Task (HttpContext _) => throw new InvalidOperationException(Failure)).WithSseReplay(Topic));

        HttpResponseMessage response = await Client.GetAsync("/fails");
        await RunIsOverAsync();

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Single(Logs.Records, IsFailure);
    }

    [Fact]
    public async Task A_service_that_fails_to_dispose_is_logged()
    {
        Logs.ExpectError(IsFailure);
        await StartReplayAppAsync(
            endpoints: app => app.MapGet("/disposes", (HttpContext context, FailingService _) =>
            {
                context.Response.ContentType = "text/event-stream";
                return context.Response.WriteAsync("data: one\n\n");
            }).WithSseReplay(Topic),
            services: builder => builder.Services.AddScoped<FailingService>());

        // Of the two scopes, the server reports the one of the request.
        await Client.GetStringAsync("/disposes");
        LogRecord error = await Logs.WaitForAsync(record =>
            IsFailure(record) && record.Message.Contains("services of the run", StringComparison.Ordinal));

        Assert.Contains("/disposes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_after_the_response_is_complete_breaks_nothing()
    {
        Logs.ExpectError(IsFailure);
        await StartReplayAppAsync(endpoints: app => app.MapGet("/completes", async (HttpContext context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: one\n\n");
            await context.Response.CompleteAsync();
            throw new InvalidOperationException(Failure);
        }).WithSseReplay(Topic));

        StreamClient client = await StreamClient.OpenAsync(Client, "/completes");
        string[] events = [.. await client.ReadToEndAsync()];
        await RunIsOverAsync();

        Assert.Equal(["one"], events);
        Assert.Equal(SseTopicStatus.Completed, (await StateAsync()).Status);
        Assert.Single(Logs.Records, IsFailure);
    }

    private static bool IsFailure(LogRecord record) => record.Level == LogLevel.Error && record.Exception?.Message == Failure;

    private sealed class FailingService : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException(Failure);
        }
    }
}
