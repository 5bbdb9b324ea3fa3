using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>
/// Notifies other servers of the topics that changed. Changes during a notification go into the next one, because PostgreSQL commits
/// notifying transactions one after the other. A failed notification is retried. If this server stops before, the others find the changes
/// by their polls. Thread-safe.
/// </summary>
internal sealed partial class ChangeNotifier(
    Database database, string sender, string channel, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    // A notification needs no durability, and other notifying transactions wait for its commit.
    private const string Text = "select set_config('synchronous_commit', 'off', true), pg_notify($1, text) from unnest($2) as text";

    // While the database is unavailable, at most this many changes are kept (I8). Other servers find the rest by polling.
    private const int MaxKept = 10_000;

    // Limits the rate of notifications; the first of a burst is sent at once.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private HashSet<byte[]> _changed = new(NameComparer.Instance);
    private TaskCompletionSource? _probe;
    private bool _sending;

    /// <summary>Queues a notification that a topic has changed. Does not wait.</summary>
    public void Send(byte[] name)
    {
        lock (_gate)
        {
            _changed.Add(name);
            StartLocked();
        }
    }

    /// <summary>
    /// Sends a notification without topics, by which this server's listener detects whether notifications arrive. Completes when it is
    /// sent.
    /// </summary>
    public Task SendProbeAsync()
    {
        lock (_gate)
        {
            _probe ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            StartLocked();
            return _probe.Task;
        }
    }

    private void StartLocked()
    {
        if (!_sending)
        {
            _sending = true;
            BackgroundWork.Start(SendAsync);
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (TryTake(out HashSet<byte[]> names, out TaskCompletionSource? probe))
            {
                bool notified = await TryNotifyAsync(names);
                if (notified)
                {
                    probe?.SetResult();
                }
                else
                {
                    PutBack(names, probe);
                }

                await Task.Delay(notified ? Pause : PauseAfterFailure, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops. Other servers find the changes by polling.
        }
    }

    private bool TryTake(out HashSet<byte[]> names, out TaskCompletionSource? probe)
    {
        lock (_gate)
        {
            names = _changed;
            probe = _probe;
            _probe = null;
            if (names.Count == 0 && probe is null)
            {
                _sending = false;
                return false;
            }

            _changed = new HashSet<byte[]>(NameComparer.Instance);
            return true;
        }
    }

    private void PutBack(HashSet<byte[]> names, TaskCompletionSource? probe)
    {
        lock (_gate)
        {
            _changed.UnionWith(names.Take(MaxKept - Math.Min(MaxKept, _changed.Count)));
            _probe ??= probe;
        }
    }

    private async Task<bool> TryNotifyAsync(HashSet<byte[]> names)
    {
        try
        {
            await using NpgsqlConnection connection = await database.OpenAsync(stopping);
            await using var command = new NpgsqlCommand(Text, connection)
            {
                Parameters =
                {
                    new() { Value = channel, NpgsqlDbType = NpgsqlDbType.Text },
                    new() { Value = NotificationText.Write(sender, names), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                },
            };
            await command.ExecuteNonQueryAsync(stopping);
            return true;
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            Log.NotificationFailed(logger, exception);
            return false;
        }
    }

    private sealed class NameComparer : IEqualityComparer<byte[]>
    {
        public static readonly NameComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.NotificationFailed, LogLevel.Debug, "Failed to notify other servers of changes; trying again.")]
        public static partial void NotificationFailed(ILogger logger, Exception exception);
    }
}
