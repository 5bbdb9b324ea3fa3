using Microsoft.Extensions.Logging;
using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Reports the topics that other servers have changed to all followers, by one subscription and a poll behind it:
/// 1. subscribe, and wait for a probe;
/// 2. poll, and announce what may have changed meanwhile;
/// 3. forward notifications until the next poll.
/// When a connection has broken or was restored, or the servers have changed, the subscription may be elsewhere: it starts at step 1.
/// </summary>
internal sealed partial class ChangeListener
{
    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly ChangeSubscription _subscription;
    private readonly ChangePoll _poll;
    private readonly TimeSpan _pollInterval;
    private readonly TimeSpan _pollIntervalAlone;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private Action<string?>[] _subscribers = [];
    private TaskCompletionSource _moved = NewSignal();
    private bool _started;
    private volatile bool _isFailing;
    private volatile bool _receivesNothing;

    public ChangeListener(
        RedisConnection connection,
        ChangePoll poll,
        string sender,
        RedisChannel channel,
        TimeSpan pollInterval,
        TimeProvider time,
        ILogger logger,
        CancellationToken stopping)
    {
        _subscription = new ChangeSubscription(
            connection, sender, channel, time, Announce, () => Volatile.Read(ref _moved).TrySetResult());
        _poll = poll;
        _pollInterval = pollInterval;

        // Without notifications, the poll is what followers wait for.
        _pollIntervalAlone = pollInterval < LongestBackoff ? pollInterval : LongestBackoff;
        _time = time;
        _logger = logger;
        _stopping = stopping;
    }

    /// <summary>Whether notifications arrive, as far as the last attempt showed. True until the first one.</summary>
    public bool ReceivesNotifications => !_isFailing && !_receivesNothing;

    public IDisposable Subscribe(Action<string?> topicChanged)
    {
        lock (_gate)
        {
            _subscribers = [.. _subscribers, topicChanged];
            if (!_started)
            {
                _started = true;
                BackgroundWork.Start(RunAsync);
            }
        }

        return new Subscription(this, topicChanged);
    }

    private async Task RunAsync()
    {
        TimeSpan backoff = ShortestBackoff;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(() => backoff = ShortestBackoff);
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                if (!_isFailing)
                {
                    _isFailing = true;
                    Log.ListeningFailed(_logger, exception);
                }
            }
            catch (Exception)
            {
                // The server stops.
                break;
            }

            await Task.Delay(backoff * (0.5 + Random.Shared.NextDouble()), _time, _stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backoff = backoff * 2 < LongestBackoff ? backoff * 2 : LongestBackoff;
        }

        await _subscription.LeaveAsync();
    }

    private async Task ListenAsync(Action connected)
    {
        bool receives = false;
        while (true)
        {
            // Step 1: subscribe, and wait for a probe.
            bool arrived = !receives && await _subscription.ProbeAsync(_stopping);
            receives |= arrived;

            // Step 2: poll.
            IReadOnlyList<string>? topics = await _poll.FindAsync();
            WarnUnless(receives);
            AnnounceAll(arrived ? null : topics);
            connected();
            if (_isFailing)
            {
                _isFailing = false;
                Log.ListeningAgain(_logger);
            }

            // Step 3: notifications are forwarded until the next poll.
            TaskCompletionSource moved = Volatile.Read(ref _moved);
            await moved.Task.WaitAsync(receives ? _pollInterval : _pollIntervalAlone, _time, _stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _stopping.ThrowIfCancellationRequested();
            if (moved.Task.IsCompleted)
            {
                Volatile.Write(ref _moved, NewSignal());
                receives = false;
            }
        }
    }

    private void WarnUnless(bool receives)
    {
        if (!receives && !_receivesNothing)
        {
            Log.NotificationsDoNotArrive(_logger, _pollIntervalAlone);
        }

        _receivesNothing = !receives;
    }

    private void AnnounceAll(IReadOnlyList<string>? topics)
    {
        foreach (string? topic in topics ?? [null!])
        {
            Announce(topic);
        }
    }

    private void Announce(string? topic)
    {
        foreach (Action<string?> subscriber in Volatile.Read(ref _subscribers))
        {
            try
            {
                subscriber(topic);
            }
            catch (Exception exception)
            {
                Log.SubscriberFailed(_logger, exception);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Subscription(ChangeListener listener, Action<string?> topicChanged) : IDisposable
    {
        public void Dispose()
        {
            lock (listener._gate)
            {
                listener._subscribers = [.. listener._subscribers.Where(each => each != topicChanged)];
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.ListeningFailed,
            LogLevel.Warning,
            "Failed to listen for change notifications; trying again.")]
        public static partial void ListeningFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogEventIds.ListeningResumed, LogLevel.Information, "Listening for change notifications again.")]
        public static partial void ListeningAgain(ILogger logger);

        [LoggerMessage(
            LogEventIds.NotificationsDoNotArrive,
            LogLevel.Warning,
            "Failed to receive change notifications; polling every {PollInterval}. Let the Redis user publish and subscribe to the "
            + "channel.")]
        public static partial void NotificationsDoNotArrive(ILogger logger, TimeSpan pollInterval);

        [LoggerMessage(
            LogEventIds.SubscriberFailed,
            LogLevel.Error,
            "Failed to notify a subscriber of a change; other subscribers are notified.")]
        public static partial void SubscriberFailed(ILogger logger, Exception exception);
    }
}
