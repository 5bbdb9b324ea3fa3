namespace SseKit.Tests.Infrastructure;

/// <summary>
/// Collects unobserved exceptions of tasks, if they contain a text of the test. Other tests of the process may have others.
/// </summary>
public sealed class UnobservedExceptions : IDisposable
{
    private readonly Func<string, bool> _belongs;
    private readonly List<string> _seen = [];

    public UnobservedExceptions(Func<string, bool> belongs)
    {
        _belongs = belongs;
        TaskScheduler.UnobservedTaskException += Observe;
    }

    public UnobservedExceptions(string text)
        : this(seen => seen.Contains(text, StringComparison.Ordinal))
    {
    }

    public void AssertNone()
    {
        // The exception of a task is reported when the finalizer finds the task.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        lock (_seen)
        {
            Assert.Empty(_seen);
        }
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= Observe;

    private void Observe(object? sender, UnobservedTaskExceptionEventArgs args)
    {
        string text = args.Exception.ToString();
        if (_belongs(text))
        {
            lock (_seen)
            {
                _seen.Add(text);
            }
        }
    }
}
