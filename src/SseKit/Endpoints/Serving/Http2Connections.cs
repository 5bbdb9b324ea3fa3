using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using SseKit.Connections;

namespace SseKit.Endpoints.Serving;

/// <summary>Counts the requests in flight on each HTTP/2 connection, and aborts idle connections after the grace period.</summary>
/// <remarks>
/// Kestrel keeps a connection as long as a stream on it has unsent bytes, even after that stream was reset. A client that opens no
/// window would thus delay a stopping host for the whole shutdown timeout. A connection with an ordinary request in flight is not
/// aborted, because that request keeps the whole shutdown timeout of the host.
/// </remarks>
internal sealed class Http2Connections : IStartupFilter, IDisposable
{
    // Kestrel closes a connection at once if it has nothing left to send. Real time, because the network follows no TimeProvider.
    private static readonly TimeSpan TimeToClose = TimeSpan.FromMilliseconds(250);

    private readonly ConditionalWeakTable<IConnectionLifetimeFeature, Requests> _connections = [];
    private readonly StreamRuntime _runtime;
    private readonly CancellationTokenRegistration _graceOver;

    public Http2Connections(StreamRuntime runtime)
    {
        _runtime = runtime;
        _graceOver = runtime.GraceOver.UnsafeRegister(static connections => ((Http2Connections)connections!).AbortIdle(), this);
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(requestDelegate => context => InvokeAsync(context, requestDelegate));
        next(app);
    };

    public void Dispose() => _graceOver.Dispose();

    private Task InvokeAsync(HttpContext context, RequestDelegate next) =>
        HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IConnectionLifetimeFeature>() is { } connection
            ? CountAsync(context, connection, next)
            : next(context);

    private async Task CountAsync(HttpContext context, IConnectionLifetimeFeature connection, RequestDelegate next)
    {
        Requests requests = _connections.GetValue(connection, static _ => new Requests());
        Interlocked.Increment(ref requests.InFlight);
        try
        {
            await next(context);
        }
        finally
        {
            if (StreamHeaders.IsEventStream(context.Response.ContentType))
            {
                Volatile.Write(ref requests.HadStream, true);
            }

            if (Interlocked.Decrement(ref requests.InFlight) == 0 && _runtime.GraceOver.IsCancellationRequested)
            {
                _ = AbortIfIdleAsync(connection, requests);
            }
        }
    }

    private void AbortIdle()
    {
        foreach ((IConnectionLifetimeFeature connection, Requests requests) in _connections)
        {
            _ = AbortIfIdleAsync(connection, requests);
        }
    }

    private static async Task AbortIfIdleAsync(IConnectionLifetimeFeature connection, Requests requests)
    {
        if (!Volatile.Read(ref requests.HadStream))
        {
            return;
        }

        await Task.Delay(TimeToClose, TimeProvider.System);
        if (Volatile.Read(ref requests.InFlight) == 0 && !connection.ConnectionClosed.IsCancellationRequested)
        {
            connection.Abort();
        }
    }

    private sealed class Requests
    {
        public int InFlight;
        public bool HadStream;
    }
}
