namespace SseKit;

/// <summary>
/// Finds the runs of resumable endpoints (<c>WithSseReplay</c>) and stops them. Resolve it from the services. Thread-safe.
/// </summary>
/// <remarks>
/// Authorize before a call: a topic's name is enough to stop its run. A finished run is kept as the store keeps topics;
/// <see cref="ISsePublisher.DeleteAsync"/> deletes its events. Stop a run before its topic is deleted: a run whose topic is deleted is
/// stopped, and its followers receive a failure.
/// </remarks>
/// <example>
/// <code>
/// app.MapPost("/runs/{id}/stop", async (HttpContext context, ISseRuns runs, CancellationToken ct) =>
///     await runs.StopAsync(TopicOf(context), ct) ? Results.NoContent() : Results.NotFound());
/// </code>
/// </example>
public interface ISseRuns
{
    /// <summary>Returns whether a run of a topic is active, in this process or on another server that shares the store.</summary>
    /// <remarks>If another server has failed, its run counts until its lease has expired.</remarks>
    /// <param name="topic">The topic, 1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    ValueTask<bool> IsRunningAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Stops the run of a topic, in this process or on another server that shares the store.</summary>
    /// <remarks>
    /// The handler's token fires, what it has written is recorded, and the topic is completed: its followers end cleanly when they have
    /// read it, without the endpoint's terminator or failure event. What the handler writes afterwards is not recorded, also if it ignores
    /// its token, and its next write to an <see cref="SseEventWriter"/> throws. Until it returns, no other run of the topic begins. A
    /// client that waits for the first byte gets status 204. If the store is unavailable, the call throws or waits for the store; the
    /// handler's token has fired. Another server stops its handler when the store announces the change. What that server has not recorded
    /// by then is lost.
    /// </remarks>
    /// <param name="topic">The topic, 1 to 256 characters.</param>
    /// <param name="cancellationToken">Ends the wait. The run may still be stopped.</param>
    /// <returns>
    /// True if this call has stopped a run; false if there is none, also if it has ended or was stopped before. A call for an unknown topic
    /// leaves nothing in the store.
    /// </returns>
    ValueTask<bool> StopAsync(string topic, CancellationToken cancellationToken = default);

    /// <summary>Lists the runs of this process, not those of other servers.</summary>
    /// <returns>The runs at this moment, whose handlers have not returned.</returns>
    IReadOnlyList<SseRun> GetRuns();
}
