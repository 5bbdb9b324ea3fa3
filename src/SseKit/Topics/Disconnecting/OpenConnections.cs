using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Writing;

namespace SseKit.Topics.Disconnecting;

/// <summary>Lists and disconnects the streams of this process, and passes disconnections on to other servers.</summary>
/// <param name="runtime">The state that the app's connections share.</param>
/// <param name="others">The other servers; null if the store belongs to one process.</param>
internal sealed partial class OpenConnections(StreamRuntime runtime, DisconnectTopic? others) : ISseConnections, IHostedService
{
    public IReadOnlyList<SseConnectionInfo> GetConnections() =>
        [.. runtime.Registry.GetAdmitted().Where(connection => connection.IsOpen).Select(connection => connection.Look())];

    public int Disconnect(Func<SseConnectionInfo, bool> which, TimeSpan? retry = null, string? reason = null)
    {
        ArgumentNullException.ThrowIfNull(which);
        CheckRetry(retry, nameof(retry));
        int disconnected = 0;
        foreach (StreamConnection connection in runtime.Registry.GetAdmitted())
        {
            SseConnectionInfo info = connection.Look();
            if (which(info) && connection.Disconnect(retry))
            {
                disconnected++;
                Log.Disconnected(runtime.Logger, connection.Route, info.Id, reason ?? "no reason was given");
            }
        }

        return disconnected;
    }

    public async ValueTask<int> DisconnectAsync(SseDisconnect which, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(which);
        if (which is { ConnectionId: null, User: null, Topic: null, Route: null })
        {
            throw new ArgumentException(
                "The disconnection names no stream. Set ConnectionId, User, Topic or Route; Disconnect(_ => true) disconnects all streams "
                + "of this process.",
                nameof(which));
        }

        CheckRetry(which.Retry, nameof(which));
        await CallerContext.LeaveAsync();
        int disconnected = Apply(which);
        if (others is not null)
        {
            await others.SendAsync(which, cancellationToken);
        }

        return disconnected;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        others?.Start(Apply);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private int Apply(SseDisconnect which) => Disconnect(which.Matches, which.Retry, which.Reason);

    private static void CheckRetry(TimeSpan? retry, string parameterName)
    {
        if (retry is { } value)
        {
            FieldValidation.CheckRetry(value, parameterName);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.Disconnected, LogLevel.Information, "The stream {Id} of {Route} was disconnected: {Reason}.")]
        public static partial void Disconnected(ILogger logger, string? route, string id, string reason);
    }
}
