using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Logging;
using SseKit.Dashboard.Access;

namespace SseKit.Dashboard;

/// <summary>Disconnects one stream for a viewer of the dashboard.</summary>
/// <remarks>
/// The request must declare JSON. A page of another origin can send that only after a preflight, which the app's CORS policy decides.
/// </remarks>
internal sealed partial class DisconnectEndpoint(DashboardApp app, Permission permission)
    : IDisableCookieRedirectMetadata, IRequestSizeLimitMetadata
{
    private const string Reason = "by the dashboard";

    /// <summary>Gets the size limit of the request, which contains an id.</summary>
    public long? MaxRequestBodySize => 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (RefusalOf(context.Request) is { } refusal)
        {
            context.Response.StatusCode = refusal;
            return;
        }

        if (await permission.AuthorizeAsync(context) is not { } user)
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        (string? id, int fault) = await ReadIdAsync(context);
        if (id is null)
        {
            context.Response.StatusCode = fault;
            return;
        }

        Log.Requested(app.Logger, user.Identity?.Name, id);
        if (await DisconnectAsync(id, context.RequestAborted) is not { } disconnected)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        await context.Response.WriteAsJsonAsync(
            new DisconnectResult(disconnected), DashboardJson.Shared.DisconnectResult, cancellationToken: context.RequestAborted);
    }

    private static int? RefusalOf(HttpRequest request)
    {
        if (SameOrigin.IsViolated(request))
        {
            return StatusCodes.Status403Forbidden;
        }

        return request.HasJsonContentType() ? null : StatusCodes.Status415UnsupportedMediaType;
    }

    private static async Task<(string? Id, int Fault)> ReadIdAsync(HttpContext context)
    {
        try
        {
            DisconnectRequest? request = await context.Request.ReadFromJsonAsync(
                DashboardJson.Shared.DisconnectRequest, context.RequestAborted);
            return (request?.Id, StatusCodes.Status400BadRequest);
        }
        catch (JsonException)
        {
            return (null, StatusCodes.Status400BadRequest);
        }
        catch (BadHttpRequestException exception)
        {
            return (null, exception.StatusCode);
        }
    }

    // Null if the stream is not of this server, and the others cannot be reached.
    private async Task<int?> DisconnectAsync(string id, CancellationToken cancellationToken)
    {
        int disconnected = app.Connections.Disconnect(stream => stream.Id == id, reason: Reason);
        if (disconnected > 0)
        {
            return disconnected;
        }

        try
        {
            // A load balancer may have sent this request to another server than the page's stream.
            return await app.Connections.DisconnectAsync(new SseDisconnect { ConnectionId = id, Reason = Reason }, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Log.Failed(app.Logger, id, exception);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.DisconnectRequested, LogLevel.Information, "The user {User} of the dashboard disconnects stream {Id}.")]
        public static partial void Requested(ILogger logger, string? user, string id);

        [LoggerMessage(
            LogEventIds.DisconnectFailed,
            LogLevel.Warning,
            "Failed to send the disconnection of stream {Id} to other servers; it stays open.")]
        public static partial void Failed(ILogger logger, string id, Exception exception);
    }
}
