namespace SseKit.Tests.Infrastructure;

/// <summary>The time limit of waits in tests. It turns a hang into a failure.</summary>
public static class TestTimeout
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    public static Task OrTimeout(this Task task) => task.WaitAsync(Limit);

    public static Task<T> OrTimeout<T>(this Task<T> task) => task.WaitAsync(Limit);

    public static Task OrTimeout(this ValueTask task) => task.AsTask().WaitAsync(Limit);

    public static Task<T> OrTimeout<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Limit);

    /// <summary>Waits for a state without a signal, such as a count that becomes zero.</summary>
    public static Task UntilAsync(Func<bool> reached, TimeSpan? limit = null) => UntilAsync(() => Task.FromResult(reached()), limit);

    /// <summary>Waits until an asynchronous condition holds.</summary>
    public static async Task UntilAsync(Func<Task<bool>> reached, TimeSpan? limit = null)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await reached())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < (limit ?? Limit), "The state was not reached in time.");
            await Task.Delay(1);
        }
    }
}
