using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SseKit.Benchmarks.FanOut;

/// <summary>The hub of an app without SseKit: one bounded channel for each client, and a loop over all of them to publish.</summary>
internal sealed class ChannelHub<T>(T welcome)
{
    // More than a burst has, so that neither side loses an event.
    private const int Capacity = 4096;

    private ImmutableArray<Channel<T>> _channels = [];

    public async Task PublishAsync(T item)
    {
        foreach (Channel<T> channel in _channels)
        {
            if (!channel.Writer.TryWrite(item))
            {
                await channel.Writer.WriteAsync(item);
            }
        }
    }

    public async IAsyncEnumerable<T> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<T>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        ImmutableInterlocked.Update(ref _channels, static (channels, added) => channels.Add(added), channel);
        try
        {
            // The framework sends its headers with the first event.
            yield return welcome;
            await foreach (T item in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            ImmutableInterlocked.Update(ref _channels, static (channels, removed) => channels.Remove(removed), channel);
        }
    }
}
