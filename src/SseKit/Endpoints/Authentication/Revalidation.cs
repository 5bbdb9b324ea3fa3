using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Topics;

namespace SseKit.Endpoints.Authentication;

/// <summary>Evaluates the authorization of an open stream again at an interval, and ends the stream if it no longer succeeds.</summary>
/// <remarks>It runs beside the handler, so it uses a copy of the request and services of its own.</remarks>
internal sealed partial class Revalidation : IScheduled, IDisposable
{
    // A handler of the app that does not return would otherwise occupy its place for ever.
    private static readonly TimeSpan EvaluationTimeout = TimeSpan.FromSeconds(30);

    private readonly StreamConnection _connection;
    private readonly RevalidationFailures _failures;
    private readonly RequestSnapshot _request;
    private readonly IServiceScopeFactory _scopes;
    private readonly ScheduledEntry _entry;

    private Revalidation(StreamConnection connection, RevalidationFailures failures, RequestSnapshot request, IServiceScopeFactory scopes)
    {
        _connection = connection;
        _failures = failures;
        _request = request;
        _scopes = scopes;
        _entry = Runtime.Schedule.Add(this, NextDue());
    }

    private StreamRuntime Runtime => _connection.Runtime;

    /// <summary>Starts if the options and the endpoint request it. The stream's response has started.</summary>
    /// <param name="context">The request.</param>
    /// <param name="connection">The stream.</param>
    /// <param name="failures">The failures of the endpoint's evaluations.</param>
    public static void StartIfRequested(HttpContext context, StreamConnection connection, RevalidationFailures failures)
    {
        if (connection.Options.RevalidateInterval != Timeout.InfiniteTimeSpan
            && context.GetEndpoint() is { } endpoint
            && EndpointAuthorization.IsRequired(context))
        {
            connection.DisposeAtClose(new Revalidation(
                connection,
                failures,
                new RequestSnapshot(context, endpoint),
                context.RequestServices.GetRequiredService<IServiceScopeFactory>()));
        }
    }

    public void Dispose() => Runtime.Schedule.Remove(_entry);

    long IScheduled.OnDue(long now)
    {
        BackgroundWork.Start(RunAsync);
        return DeadlineScheduler.Never;
    }

    private async Task RunAsync()
    {
        await Runtime.Revalidating.WaitAsync();
        try
        {
            if (_connection.Reason == EndReason.None && !await SucceedsAsync().WaitAsync(EvaluationTimeout, Runtime.Time))
            {
                _connection.End(EndReason.Unauthorized);
            }

            _failures.Reset();
        }
        catch (Exception exception)
        {
            if (_connection.Reason == EndReason.None && _failures.IsFirst())
            {
                Log.Failed(Runtime.Logger, exception, _connection.Route);
            }
        }
        finally
        {
            Runtime.Revalidating.Release();
        }

        // Does nothing if the stream is closed.
        Runtime.Schedule.Advance(_entry, NextDue());
    }

    private async Task<bool> SucceedsAsync()
    {
        await using AsyncServiceScope scope = _scopes.CreateAsyncScope();
        return await EndpointAuthorization.SucceedsAsync(_request, scope.ServiceProvider);
    }

    // Random, so that streams that opened together are not evaluated together.
    private long NextDue()
    {
        TimeSpan wait = _connection.Options.RevalidateInterval * (0.5 + (0.5 * Random.Shared.NextDouble()));
        return Runtime.Time.GetTimestamp() + (long)(wait.TotalSeconds * Runtime.Time.TimestampFrequency);
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.RevalidationFailed,
            LogLevel.Error,
            "Failed to evaluate the authorization of an open stream of {Route} again; it stays open. "
            + "Further failures of this endpoint are not logged until an evaluation succeeds.")]
        public static partial void Failed(ILogger logger, Exception exception, string? route);
    }
}
