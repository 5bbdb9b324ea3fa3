using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace SseKit.Tests.Replay;

/// <summary>The items that the handlers of replay tests write, and the number of runs.</summary>
public sealed class ReplayFeed
{
    private readonly Channel<string> _items = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _runs;

    public int Runs => Volatile.Read(ref _runs);

    /// <summary>Completes when a handler's token fires.</summary>
    public Task Cancelled => _cancelled.Task;

    public void Write(params string[] items)
    {
        foreach (string item in items)
        {
            Assert.True(_items.Writer.TryWrite(item));
        }
    }

    public void End(Exception? failure = null) => _items.Writer.Complete(failure);

    public void Begin(CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _runs);
        cancellationToken.Register(() => _cancelled.TrySetResult());
    }

    public async IAsyncEnumerable<string> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Begin(cancellationToken);
        await foreach (string item in _items.Reader.ReadAllAsync(cancellationToken))
        {
            yield return item;
        }
    }
}
