using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace SseKit.Endpoints.Serving;

/// <summary>Closes the connection of a response behind the last byte that was flushed, without the last chunk.</summary>
/// <remarks>
/// The client receives every byte, however slowly it reads, and then the end of a connection in the middle of a response. An abort makes
/// the server and the network drop what the client has not read.
/// </remarks>
internal static class ConnectionClosing
{
    // A connection middleware may have put a stream before the transport. The end of its writer would not close the connection.
    private static readonly Type PipeWriterType = new Pipe().Writer.GetType();

    /// <summary>Begins to close the connection.</summary>
    /// <returns>
    /// A task that completes when the connection is closed. Null if the server has no such connection, or if its close is no break: that of
    /// HTTP/1.0 ends the body, and streams of HTTP/2 share theirs.
    /// </returns>
    public static Task? TryBegin(HttpContext context)
    {
        if (!HttpProtocol.IsHttp11(context.Request.Protocol)
            || context.Response.Headers.TransferEncoding != "chunked"
            || context.Features.Get<IConnectionLifetimeFeature>() is not { } connection)
        {
            return null;
        }

        if (context.Features.Get<ISslStreamFeature>()?.SslStream is { } tls)
        {
            return CloseAsync(tls, connection.ConnectionClosed);
        }

        if (context.Features.Get<IConnectionTransportFeature>()?.Transport.Output is { } output && output.GetType() == PipeWriterType)
        {
            // The transport sends what the pipe holds, and then closes the socket.
            output.Complete();
            return ClosedAsync(connection.ConnectionClosed);
        }

        return null;
    }

    // The alert is the end of the connection for the client, which closes the socket.
    private static async Task CloseAsync(SslStream tls, CancellationToken closed)
    {
        try
        {
            await tls.ShutdownAsync();
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // The client has disconnected.
            return;
        }

        await ClosedAsync(closed);
    }

    private static async Task ClosedAsync(CancellationToken closed) =>
        await Task.Delay(Timeout.InfiniteTimeSpan, closed).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
