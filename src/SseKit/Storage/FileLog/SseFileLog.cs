using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>A log that is open: the directory's lock, the state, who writes, reads and tidies, and the clocks of flushing and of age.</summary>
internal sealed class SseFileLog : IAsyncDisposable
{
    // How long what is too old stays on the disk.
    private static readonly TimeSpan TidyInterval = TimeSpan.FromMinutes(1);

    private readonly IDisposable _lock;
    private readonly List<ITimer> _timers = [];
    private readonly SseLogTidying _tidying;

    private SseFileLog(IDisposable @lock, SseLogState state, SseLogWriter writer, SseLogReader reader, SseLogTidying tidying)
    {
        _lock = @lock;
        State = state;
        Writer = writer;
        Reader = reader;
        _tidying = tidying;
    }

    public SseLogState State { get; }

    public SseLogWriter Writer { get; }

    public SseLogReader Reader { get; }

    /// <summary>Completes when no file is being deleted or compacted.</summary>
    public Task Tidied => _tidying.Idle;

    public static SseFileLog Open(ISseLogFiles files, SseFileStoreOptions options, TimeProvider time, ILogger logger)
    {
        IDisposable @lock = files.Lock();
        var state = new SseLogState(options, time);
        try
        {
            Guid boot = options.Sync == SseFileSync.EveryAppend ? Guid.Empty : files.Boot;
            SseLogSegments segments = new SseLogLoader(files, options, state, boot, logger).Load();
            var tidying = new SseLogTidying(files, state, segments, logger);
            var writer = new SseLogWriter(options, state, segments, tidying, files.Path, time, logger);
            var log = new SseFileLog(@lock, state, writer, new SseLogReader(state, files.Path, logger), tidying);
            log.StartClocks(options, time);
            tidying.Start();
            return log;
        }
        catch
        {
            CloseFiles(state);
            @lock.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _timers.ForEach(static timer => timer.Dispose());
        try
        {
            await Writer.PostAsync(new SseLogRequest(SseLogRequestKind.Close, ""));
        }
        catch (IOException)
        {
            // Whoever published was told, and it is in the log.
        }

        await Tidied;
        CloseFiles(State);
        _lock.Dispose();
    }

    private static void CloseFiles(SseLogState state)
    {
        foreach (SseLogSegment segment in state.Segments)
        {
            segment.Dispose();
        }
    }

    private void StartClocks(SseFileStoreOptions options, TimeProvider time)
    {
        // The timers belong to the process, not to the request that happens to open the log.
        using AsyncFlowControl suppressed = ExecutionContext.SuppressFlow();
        if (options.Sync == SseFileSync.Interval)
        {
            Start(SseLogRequestKind.Flush, options.SyncInterval);
        }

        if (options.MaxAge != Timeout.InfiniteTimeSpan)
        {
            Start(SseLogRequestKind.Tidy, options.MaxAge < TidyInterval ? options.MaxAge : TidyInterval);
        }

        void Start(SseLogRequestKind kind, TimeSpan period) => _timers.Add(time.CreateTimer(_ => Post(kind), null, period, period));
    }

    private void Post(SseLogRequestKind kind)
    {
        try
        {
            Writer.PostAsync(new SseLogRequest(kind, "")).ContinueWith(
                static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
        catch (ObjectDisposedException)
        {
            // The timer fired while the log was closing.
        }
    }
}
