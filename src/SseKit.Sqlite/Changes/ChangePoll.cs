using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using SseKit.Sqlite.Files;
using SseKit.Sqlite.Writing;

namespace SseKit.Sqlite.Changes;

/// <summary>
/// Looks for commits of other processes while this one writes nothing: data_version is the hint, which costs no transaction. If the count
/// of changes is not this process's own, the writer looks for the topics.
/// </summary>
internal sealed partial class ChangePoll(
    DatabaseFile file,
    WriteQueue queue,
    ForeignChanges foreign,
    TimeSpan interval,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private readonly TaskCompletionSource _ended = new();
    private int _started;

    public void Start()
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static poll => _ = poll.RunAsync(), this, preferLocal: false);
        }
    }

    /// <summary>Waits until the poll, if it was started, has ended and its connection is closed. Its token must be cancelled.</summary>
    public void Join()
    {
        if (Volatile.Read(ref _started) != 0)
        {
            _ended.Task.Wait();
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await PollAsync();
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private async Task PollAsync()
    {
        using var timer = new PeriodicTimer(interval, time);
        bool isFailing = false;
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using SqliteConnection connection = file.OpenReader();
                using var version = new Statement(connection, "pragma data_version");
                using var changes = new Statement(connection, "select changes from ssekit_store");
                long? last = null;
                isFailing = false;
                do
                {
                    long? now = version.Number();
                    if (now != last && changes.Number() != foreign.Seen)
                    {
                        await queue.RunAsync(static _ => true, stopping);
                    }

                    last = now;
                }
                while (await timer.WaitForNextTickAsync(stopping));
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                if (!isFailing)
                {
                    isFailing = true;
                    Log.Failed(logger, file.Path, exception);
                }

                // Followers read what they can.
                foreign.AnnounceChange(null);
                await ((Task)timer.WaitForNextTickAsync(stopping).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                // The store is closed.
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            SqliteLogEvents.PollFailed, LogLevel.Warning,
            "Failed to look for changes of other processes in {Path}; trying again every poll interval.")]
        public static partial void Failed(ILogger logger, string path, Exception exception);
    }
}
