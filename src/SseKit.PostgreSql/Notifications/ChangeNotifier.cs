using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace SseKit.PostgreSql;

/// <summary>
/// Tells the other servers which topics changed. What changes while a notification is under way goes into the next one, because PostgreSQL commits transactions that notify one after the other.
/// A notification that fails is tried again; what is lost all the same, because this server dies, the others find when they poll. Thread-safe.
/// </summary>
internal sealed partial class ChangeNotifier(
    Database database, string sender, string channel, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    // It is no matter of durability, and others wait for its commit.
    private const string Text = "select set_config('synchronous_commit', 'off', true), pg_notify($1, text) from unnest($2) as text";

    // More than these are not remembered while the database is away (I8). The others poll.
    private const int MaxKept = 10_000;

    // The first of a burst goes at once.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private HashSet<byte[]> _changed = new(NameComparer.Instance);
    private TaskCompletionSource? _greeting;
    private bool _sending;

    /// <summary>Says that a topic has changed. Does not wait.</summary>
    public void Send(byte[] name)
    {
        lock (_gate)
        {
            _changed.Add(name);
            StartLocked();
        }
    }

    /// <summary>Sends a notification of no topic, by which this server's own listener sees whether it hears anything. Completes when it is sent.</summary>
    public Task GreetAsync()
    {
        lock (_gate)
        {
            _greeting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            StartLocked();
            return _greeting.Task;
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
            while (TryTake(out HashSet<byte[]> names, out TaskCompletionSource? greeting))
            {
                bool notified = await TryNotifyAsync(names);
                if (notified)
                {
                    greeting?.SetResult();
                }
                else
                {
                    PutBack(names, greeting);
                }

                await Task.Delay(notified ? Pause : PauseAfterFailure, time, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The server stops. The others poll.
        }
    }

    private bool TryTake(out HashSet<byte[]> names, out TaskCompletionSource? greeting)
    {
        lock (_gate)
        {
            names = _changed;
            greeting = _greeting;
            _greeting = null;
            if (names.Count == 0 && greeting is null)
            {
                _sending = false;
                return false;
            }

            _changed = new HashSet<byte[]>(NameComparer.Instance);
            return true;
        }
    }

    private void PutBack(HashSet<byte[]> names, TaskCompletionSource? greeting)
    {
        lock (_gate)
        {
            _changed.UnionWith(names.Take(MaxKept - Math.Min(MaxKept, _changed.Count)));
            _greeting ??= greeting;
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
        [LoggerMessage(LogEventIds.NotificationFailed, LogLevel.Debug, "Other servers could not be notified; trying again.")]
        public static partial void NotificationFailed(ILogger logger, Exception exception);
    }
}
