using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>What happens when the disk fails.</summary>
internal sealed partial class SseLogWriter
{
    // A flush can fail once and succeed later with data lost, so a segment that failed is closed for good. What it holds beyond the last
    // acknowledged event goes, or it would be there when the log is opened again, beside what the next segment says instead.
    private void Recover()
    {
        if (_time.GetElapsedTime(_failedAt) < RecoveryPause)
        {
            throw _failure!;
        }

        _active.File.Truncate(_active.Length);
        _active.File.Flush();
        _unflushed = false;
        Roll();
        _failure = null;
        Log.Recovered(_logger, _path);
    }

    private void Fail(Exception exception)
    {
        if (exception != _failure)
        {
            _failedAt = _time.GetTimestamp();
            Log.Failed(_logger, _path, exception);
            _failure = new IOException(
                $"The event store in '{_path}' takes no events for now: {exception.Message} What it holds can still be read.", exception);
        }

        lock (_state.Gate)
        {
            _plan.Abandon();
        }

        // Those who wait behind the batch would only hear the same.
        while (_waiting.TryDequeue(out SseLogRequest? request))
        {
            _batch.Add(request);
        }

        foreach (SseLogRequest request in _batch)
        {
            request.TrySetException(_failure!);
        }

        _batch.Clear();
    }

    private static partial class Log
    {
        [LoggerMessage(SseFileLogEventIds.WriteFailed, LogLevel.Error, "The event store in '{Path}' takes no events until its disk does. What it holds can still be read.")]
        public static partial void Failed(ILogger logger, string path, Exception exception);

        [LoggerMessage(SseFileLogEventIds.WriteRecovered, LogLevel.Information, "The event store in '{Path}' takes events again, in a new file.")]
        public static partial void Recovered(ILogger logger, string path);
    }
}
