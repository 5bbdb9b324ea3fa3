using System.Threading.Channels;

namespace SseKit.Tests.Infrastructure;

/// <summary>The handler of a stream that writes the test's events when the test adds them.</summary>
public sealed class EventFeed
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the handler's token has fired.</summary>
    public Task Ended => _ended.Task;

    public void Send(string data) => Assert.True(_events.Writer.TryWrite(data));

    /// <summary>Lets the handler return, or throw.</summary>
    public void End(Exception? failure = null) => _events.Writer.Complete(failure);

    public async Task RunAsync(SseEventWriter events, CancellationToken cancellationToken)
    {
        await foreach (string data in ReadAsync(cancellationToken))
        {
            await events.WriteAsync(data, cancellationToken);
        }
    }

    public IAsyncEnumerable<string> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.UnsafeRegister(_ => _ended.TrySetResult(), null);
        return _events.Reader.ReadAllAsync(cancellationToken);
    }
}
