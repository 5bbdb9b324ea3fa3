namespace SseKit.Tests.Infrastructure;

/// <summary>
/// Runs code on a synchronization context or a task scheduler that runs nothing else. What the code leaves to it never runs.
/// </summary>
internal static class BlockedContext
{
    public static TheoryData<bool> Kinds => [false, true];

    /// <param name="usesScheduler">Whether the code runs on a task scheduler; otherwise on a synchronization context.</param>
    /// <param name="call">Returns whether its call has completed.</param>
    public static async Task RunAsync(bool usesScheduler, Func<bool> call)
    {
        TaskScheduler scheduler = usesScheduler ? new OneTaskScheduler() : TaskScheduler.Default;
        bool isDone = await Task.Factory.StartNew(
            () =>
            {
                SynchronizationContext.SetSynchronizationContext(usesScheduler ? null : new EndedContext());
                try
                {
                    return call();
                }
                finally
                {
                    SynchronizationContext.SetSynchronizationContext(null);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler);
        Assert.True(isDone, "The call waits for its context.");
    }

    private sealed class EndedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }

    private sealed class OneTaskScheduler : TaskScheduler
    {
        private int _tasks;

        protected override void QueueTask(Task task)
        {
            if (Interlocked.Increment(ref _tasks) == 1)
            {
                ThreadPool.UnsafeQueueUserWorkItem(task => TryExecuteTask(task), task, preferLocal: false);
            }
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
