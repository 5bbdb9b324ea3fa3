using System.Runtime.CompilerServices;

namespace SseKit.Writing;

/// <summary>
/// Awaited by a method that an app calls: the rest of the method runs outside of the caller's synchronization context and task scheduler.
/// </summary>
/// <remarks>
/// Such a context may be blocked by a caller that waits, or may have ended when the store or the client answers. The rest would then never
/// run: what was appended would not be announced (I2), and a write lock would never be released. The rest begins on the caller's thread, so
/// that calls keep their order.
/// </remarks>
internal readonly struct CallerContext : ICriticalNotifyCompletion
{
    public bool IsCompleted => SynchronizationContext.Current is null && TaskScheduler.Current == TaskScheduler.Default;

    public static CallerContext LeaveAsync() => default;

    public CallerContext GetAwaiter() => this;

    public void GetResult()
    {
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        SynchronizationContext? caller = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            new Task(continuation).RunSynchronously(TaskScheduler.Default);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(caller);
        }
    }
}
