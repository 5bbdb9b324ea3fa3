using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>
/// Gives disk space back, beside those who publish and read: deletes segments of which nothing is held, and compacts those of which little is.
/// </summary>
internal sealed partial class SseLogTidying(ISseLogFiles files, SseLogState state, SseLogSegments segments, ILogger logger) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();
    private bool _wanted;
    private TaskCompletionSource? _running;

    /// <summary>Completes when nothing is on its way.</summary>
    public Task Idle
    {
        get
        {
            lock (_gate)
            {
                return _running?.Task ?? Task.CompletedTask;
            }
        }
    }

    public void Start()
    {
        lock (_gate)
        {
            _wanted = true;
            if (_running is not null)
            {
                return;
            }

            _running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryBegin())
        {
            try
            {
                DeleteDropped();
                while (TryCompact())
                {
                    DeleteDropped();
                }
            }
            catch (Exception exception)
            {
                // The next segment that is full is the next occasion.
                Log.TidyingFailed(logger, files.Path, exception);
            }
        }
    }

    private bool TryBegin()
    {
        TaskCompletionSource idle;
        lock (_gate)
        {
            if (_wanted)
            {
                _wanted = false;
                return true;
            }

            idle = _running!;
            _running = null;
        }

        idle.SetResult();
        return false;
    }

    private void DeleteDropped()
    {
        List<SseLogSegment> dropped;
        lock (state.Gate)
        {
            dropped = state.TakeDropped();
        }

        foreach (SseLogSegment segment in dropped)
        {
            Delete(segment);
        }
    }

    // Where readers still have the file open, it goes with the last of them.
    private void Delete(SseLogSegment segment)
    {
        segment.Dispose();
        files.Delete(segment.Header.FileName);
    }

    private bool TryCompact()
    {
        SseLogSegment? old;
        lock (state.Gate)
        {
            old = state.FindCompactable();
            old?.AddReference();
        }

        if (old is null)
        {
            return false;
        }

        try
        {
            return Compact(old);
        }
        finally
        {
            old.Release();
        }
    }

    private bool Compact(SseLogSegment old)
    {
        var compaction = new SseLogCompaction(state, segments, old);
        SseLogSegment compacted = compaction.Copy();
        bool replaced;
        lock (state.Gate)
        {
            replaced = state.TryReplace(old, compacted, compaction.Moves);
        }

        Delete(replaced ? old : compacted);
        return replaced;
    }

    private static partial class Log
    {
        [LoggerMessage(SseFileLogEventIds.TidyingFailed, LogLevel.Error, "The event store in '{Path}' cannot give disk space back for now.")]
        public static partial void TidyingFailed(ILogger logger, string path, Exception exception);
    }
}
