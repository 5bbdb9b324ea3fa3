namespace SseKit.Topics;

/// <summary>
/// Starts work of the process, without the trace, culture and other ambient state of the request that starts it.
/// </summary>
internal static class BackgroundWork
{
    /// <param name="work">Handles its own failures.</param>
    public static void Start(Func<Task> work) => ThreadPool.UnsafeQueueUserWorkItem(static work => _ = work(), work, preferLocal: false);
}
