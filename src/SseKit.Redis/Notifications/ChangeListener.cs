using System.Text;
using Microsoft.Extensions.Logging;
using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// Receives change notifications of other servers, by one subscription for all followers:
/// 1. subscribe;
/// 2. publish a probe until it arrives: from then on no notification is missed;
/// 3. poll, and announce what may have changed meanwhile;
/// 4. forward notifications until the next poll.
/// When a connection has broken or was restored, or the servers have changed, the subscription may be elsewhere: it continues at step 2.
/// </summary>
internal sealed partial class ChangeListener(
    RedisConnection connection,
    ChangePoll poll,
    string sender,
    RedisChannel channel,
    TimeSpan pollInterval,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    private static readonly TimeSpan ShortestBackoff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(1);

    // A probe arrives within milliseconds. One that was published before the subscription is lost.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ProbePause = TimeSpan.FromSeconds(1);
    private const int Probes = 10;

    private readonly Lock _gate = new();
    private Action<string?>[] _subscribers = [];
    private TaskCompletionSource _arrival = NewSignal();
    private TaskCompletionSource _changed = NewSignal();
    private bool _started;
    private bool _isSubscribed;
    private bool _isFailing;
    private bool _receivesNothing;

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
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(() => backoff = ShortestBackoff);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                if (!_isFailing)
                {
                    _isFailing = true;
                    Log.ListeningFailed(logger, exception);
                }
            }
            catch (Exception)
            {
                // The server stops.
                break;
            }

            await Task.Delay(backoff * (0.5 + Random.Shared.NextDouble()), time, stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            backoff = backoff * 2 < LongestBackoff ? backoff * 2 : LongestBackoff;
        }

        await LeaveAsync();
    }

    private async Task ListenAsync(Action connected)
    {
        // Step 1: subscribe. The connection moves the subscription by itself to another server, or to the same one again.
        IConnectionMultiplexer multiplexer = await connection.GetAsync(stopping);
        ISubscriber subscriber = multiplexer.GetSubscriber();
        await SubscribeAsync(multiplexer, subscriber);
        bool receives = false;
        while (true)
        {
            // Step 2: publish a probe.
            bool arrived = !receives && await ProbeAsync(subscriber);
            receives |= arrived;

            // Step 3: poll.
            IReadOnlyList<string>? topics = await poll.FindAsync();
            AnnounceAll(arrived ? null : topics);
            connected();
            if (_isFailing)
            {
                _isFailing = false;
                Log.ListeningAgain(logger);
            }

            // Step 4: notifications are forwarded until the next poll.
            if (await WaitAsync(receives || pollInterval < ProbePause ? pollInterval : ProbePause, Volatile.Read(ref _changed).Task))
            {
                Volatile.Write(ref _changed, NewSignal());
                receives = false;
            }
        }
    }

    private async Task SubscribeAsync(IConnectionMultiplexer multiplexer, ISubscriber subscriber)
    {
        if (!_isSubscribed)
        {
            await subscriber.SubscribeAsync(channel, Receive);
            multiplexer.ConnectionFailed += Change;
            multiplexer.ConnectionRestored += Change;
            multiplexer.ConfigurationChanged += Change;
            _isSubscribed = true;
        }
    }

    // Returns whether a notification arrives.
    private async Task<bool> ProbeAsync(ISubscriber subscriber)
    {
        TaskCompletionSource arrival = NewSignal();
        Volatile.Write(ref _arrival, arrival);
        for (int i = 0; i < Probes; i++)
        {
            await subscriber.PublishAsync(channel, sender);
            if (await WaitAsync(ProbeInterval, arrival.Task))
            {
                _receivesNothing = false;
                return true;
            }
        }

        if (!_receivesNothing)
        {
            _receivesNothing = true;
            Log.NotificationsDoNotArrive(logger, pollInterval);
        }

        return false;
    }

    // Returns whether the signal was set within the time.
    private async Task<bool> WaitAsync(TimeSpan duration, Task signal)
    {
        using var delay = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        await Task.WhenAny(signal, Task.Delay(duration, time, delay.Token));
        await delay.CancelAsync();
        stopping.ThrowIfCancellationRequested();
        return signal.IsCompleted;
    }

    // The connection may be the app's, which uses it further.
    private async Task LeaveAsync()
    {
        if (!_isSubscribed)
        {
            return;
        }

        try
        {
            IConnectionMultiplexer multiplexer = await connection.GetAsync(CancellationToken.None);
            multiplexer.ConnectionFailed -= Change;
            multiplexer.ConnectionRestored -= Change;
            multiplexer.ConfigurationChanged -= Change;
            await multiplexer.GetSubscriber().UnsubscribeAsync(channel, Receive);
        }
        catch (Exception exception) when (RedisErrors.IsOfRedis(exception) || exception is ObjectDisposedException)
        {
            // The connection has ended, and the subscription with it.
        }
    }

    private void Change(object? sender, EventArgs change) => Volatile.Read(ref _changed).TrySetResult();

    // A message is the sender and the name of a topic; a probe has no name.
    private void Receive(RedisChannel from, RedisValue message)
    {
        ReadOnlySpan<byte> text = (byte[]?)message;
        if (text.Length < sender.Length)
        {
            Announce(null);
            return;
        }

        bool isOwn = text[..sender.Length].SequenceEqual(Encoding.ASCII.GetBytes(sender));
        ReadOnlySpan<byte> name = text[sender.Length..];
        if (isOwn && name.IsEmpty)
        {
            Volatile.Read(ref _arrival).TrySetResult();
        }
        else if (!isOwn && !name.IsEmpty)
        {
            Announce(TryDecode(name));
        }
    }

    private static string? TryDecode(ReadOnlySpan<byte> name)
    {
        try
        {
            return TopicKey.Decode(name);
        }
        catch (FormatException)
        {
            return null;
        }
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
                Log.SubscriberFailed(logger, exception);
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
            + "channel, or lower PollInterval.")]
        public static partial void NotificationsDoNotArrive(ILogger logger, TimeSpan pollInterval);

        [LoggerMessage(
            LogEventIds.SubscriberFailed,
            LogLevel.Error,
            "Failed to notify a subscriber of a change; other subscribers are notified.")]
        public static partial void SubscriberFailed(ILogger logger, Exception exception);
    }
}
