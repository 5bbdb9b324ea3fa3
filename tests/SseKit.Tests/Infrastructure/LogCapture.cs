using Microsoft.Extensions.Logging;

namespace SseKit.Tests.Infrastructure;

/// <summary>Keeps the log records of an application, and the errors that the test expects.</summary>
public sealed class LogCapture : ILoggerProvider
{
    private readonly Lock _gate = new();
    private readonly List<LogRecord> _records = [];
    private readonly List<Func<LogRecord, bool>> _expected = [];
    private readonly List<(Func<LogRecord, bool> Matches, TaskCompletionSource<LogRecord> Seen)> _waiters = [];

    public IReadOnlyList<LogRecord> Records
    {
        get
        {
            lock (_gate)
            {
                return [.. _records];
            }
        }
    }

    /// <summary>Fails with their texts if there are Error records that no <see cref="ExpectError"/> covers.</summary>
    public void AssertNoUnexpectedErrors()
    {
        LogRecord[] errors;
        lock (_gate)
        {
            errors = [.. _records.Where(record => record.Level >= LogLevel.Error && !_expected.Any(matches => matches(record)))];
        }

        Assert.True(
            errors.Length == 0, $"The application logged errors that this test did not expect:\n{string.Join('\n', (object[])errors)}");
    }

    /// <summary>Declares that the test expects such records of level Error.</summary>
    public void ExpectError(Func<LogRecord, bool> matches)
    {
        lock (_gate)
        {
            _expected.Add(matches);
        }
    }

    /// <summary>Waits for the first record that matches.</summary>
    public Task<LogRecord> WaitForAsync(Func<LogRecord, bool> matches)
    {
        lock (_gate)
        {
            if (_records.Find(record => matches(record)) is { } record)
            {
                return Task.FromResult(record);
            }

            var seen = new TaskCompletionSource<LogRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((matches, seen));
            return seen.Task.OrTimeout();
        }
    }

    public ILogger CreateLogger(string categoryName) => new CategoryLogger(this, categoryName);

    public void Dispose()
    {
        // The records are kept after the application has stopped, because tests read them then.
    }

    private void Add(LogRecord record)
    {
        lock (_gate)
        {
            _records.Add(record);
            foreach ((Func<LogRecord, bool> _, TaskCompletionSource<LogRecord> seen) in _waiters.Where(waiter => waiter.Matches(record)))
            {
                seen.TrySetResult(record);
            }

            _waiters.RemoveAll(waiter => waiter.Seen.Task.IsCompleted);
        }
    }

    private sealed class CategoryLogger(LogCapture logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            logs.Add(new LogRecord(category, logLevel, eventId, formatter(state, exception), exception));
    }
}
