using Microsoft.Extensions.Logging;

namespace SseKit.Tests.Infrastructure;

/// <summary>Keeps what an application logs, and knows which errors the test had announced.</summary>
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

    /// <summary>Fails, with all they say, where there are Error records that no <see cref="ExpectError"/> covers.</summary>
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

    /// <summary>Declares that records of level Error like this belong to the test.</summary>
    public void ExpectError(Func<LogRecord, bool> matches)
    {
        lock (_gate)
        {
            _expected.Add(matches);
        }
    }

    /// <summary>The first record that matches, as soon as it is there.</summary>
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
        // The records outlive the application that wrote them: the test looks at them after it has stopped.
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
