namespace SseKit.PostgreSql;

/// <summary>
/// Starts work that belongs to the process: the request that happens to start it gives it no trace, culture or other ambient state.
/// </summary>
internal static class BackgroundWork
{
    /// <param name="work">Handles its own failures.</param>
    public static void Start(Func<Task> work) => ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work(), work, preferLocal: true);
}
