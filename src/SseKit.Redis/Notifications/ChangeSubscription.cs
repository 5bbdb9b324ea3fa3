using System.Text;
using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>
/// The subscription of this server to change notifications. A message is its sender and the name of a topic. One without a name is a probe:
/// when it arrives, the subscription is live, and from then on no notification is missed.
/// </summary>
/// <param name="connection">The connection, which moves the subscription to another server by itself.</param>
/// <param name="sender">Identifies this server in messages.</param>
/// <param name="channel">The channel.</param>
/// <param name="time">The clock.</param>
/// <param name="changed">Called with a topic that another server has changed, or null for any topic.</param>
/// <param name="moved">Called if the subscription may have broken or moved, so that it needs a probe.</param>
internal sealed class ChangeSubscription(
    RedisConnection connection, string sender, RedisChannel channel, TimeProvider time, Action<string?> changed, Action moved)
{
    private const int Probes = 10;

    // A probe arrives within milliseconds. One that was published before the subscription is lost.
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(200);

    private readonly byte[] _sender = Encoding.ASCII.GetBytes(sender);
    private TaskCompletionSource _arrival = new();
    private bool _isSubscribed;

    /// <summary>Subscribes at the first call, and publishes probes until one arrives.</summary>
    /// <returns>False if none arrives, the user may not use the channel, or the server is unavailable.</returns>
    public async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        IConnectionMultiplexer multiplexer = await connection.GetAsync(cancellationToken);
        try
        {
            ISubscriber subscriber = multiplexer.GetSubscriber();
            await SubscribeAsync(multiplexer, subscriber);
            var arrival = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _arrival, arrival);
            for (int i = 0; i < Probes && !arrival.Task.IsCompleted; i++)
            {
                await subscriber.PublishAsync(channel, sender);
                await arrival.Task.WaitAsync(ProbeInterval, time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
            }

            return arrival.Task.IsCompleted;
        }
        catch (Exception exception) when (RedisErrors.IsOfRedis(exception))
        {
            // One node of a cluster may be down; the poll shows whether others answer.
            return false;
        }
    }

    /// <summary>Ends the subscription. The connection may be the app's, which uses it further.</summary>
    public async Task LeaveAsync()
    {
        if (!_isSubscribed)
        {
            return;
        }

        try
        {
            IConnectionMultiplexer multiplexer = await connection.GetAsync(CancellationToken.None);
            multiplexer.ConnectionFailed -= Move;
            multiplexer.ConnectionRestored -= Move;
            multiplexer.ConfigurationChanged -= Move;
            await multiplexer.GetSubscriber().UnsubscribeAsync(channel, Receive);
        }
        catch (Exception exception) when (RedisErrors.IsOfRedis(exception) || exception is ObjectDisposedException)
        {
            // The connection has ended, and the subscription with it.
        }
    }

    private async Task SubscribeAsync(IConnectionMultiplexer multiplexer, ISubscriber subscriber)
    {
        if (!_isSubscribed)
        {
            await subscriber.SubscribeAsync(channel, Receive);
            multiplexer.ConnectionFailed += Move;
            multiplexer.ConnectionRestored += Move;
            multiplexer.ConfigurationChanged += Move;
            _isSubscribed = true;
        }
    }

    private void Move(object? source, EventArgs change) => moved();

    private void Receive(RedisChannel from, RedisValue message)
    {
        ReadOnlySpan<byte> text = (byte[]?)message;
        bool isOwn = text.StartsWith(_sender);
        bool isProbe = text.Length == _sender.Length;
        if (isOwn && isProbe)
        {
            Volatile.Read(ref _arrival).TrySetResult();
        }
        else if (!isOwn && !isProbe)
        {
            changed(TryDecode(text));
        }
    }

    // Returns null if the message is malformed: any topic may have changed.
    private string? TryDecode(ReadOnlySpan<byte> text)
    {
        try
        {
            return text.Length > _sender.Length ? TopicKey.Decode(text[_sender.Length..]) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
