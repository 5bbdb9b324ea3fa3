namespace SseKit;

/// <summary>Lists and disconnects open event streams: those of <c>MapSse</c>, of results, and those that <c>UseSse</c> found.</summary>
/// <remarks>
/// <para>
/// A disconnected GET stream ends as <see cref="SseOptions.ShutdownEnd"/> says, and its client reconnects if it does so by itself. The app
/// then decides again whether the client may connect. Other streams are broken off, so that an incomplete answer does not look complete.
/// The stream's token fires in both cases, and the reason of its end is <c>disconnected</c>.
/// </para>
/// <para>A run of <c>WithSseReplay</c> is not a stream and goes on; <see cref="ISseRuns"/> stops it. Thread-safe.</para>
/// </remarks>
public interface ISseConnections
{
    /// <summary>Gets the open streams of this process. Those that open or end meanwhile may be missing.</summary>
    IReadOnlyList<SseConnectionInfo> GetConnections();

    /// <summary>Disconnects streams of this process.</summary>
    /// <param name="which">Selects the streams. Called for each open stream.</param>
    /// <param name="retry">As in <see cref="SseDisconnect.Retry"/>.</param>
    /// <param name="reason">The reason, for the log.</param>
    /// <returns>The number of streams that were disconnected.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retry"/> is out of its range.</exception>
    int Disconnect(Func<SseConnectionInfo, bool> which, TimeSpan? retry = null, string? reason = null);

    /// <summary>Disconnects streams on all servers that share the store.</summary>
    /// <remarks>
    /// This process disconnects its own before it stores the request for the others, which get it within the time of a publish. A server
    /// that cannot reach the store disconnects when it can.
    /// </remarks>
    /// <param name="which">Names the streams.</param>
    /// <param name="cancellationToken">Ends the wait for the store. Other servers may still disconnect.</param>
    /// <returns>The number of streams that this process has disconnected.</returns>
    /// <exception cref="ArgumentException"><paramref name="which"/> names no stream, or its retry is out of its range.</exception>
    /// <example>
    /// <code>
    /// app.MapPost("/logout", async (HttpContext context, ISseConnections connections) =>
    /// {
    ///     await context.SignOutAsync();
    ///     await connections.DisconnectAsync(new SseDisconnect { User = context.User.FindFirstValue(ClaimTypes.NameIdentifier) });
    /// });
    /// </code>
    /// </example>
    ValueTask<int> DisconnectAsync(SseDisconnect which, CancellationToken cancellationToken = default);
}
