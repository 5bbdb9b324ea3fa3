using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace SseKit.Tests.Writing;

public sealed class SseEventWriterBatchingTests
{
    private const int MaxBatchBytes = 16 * 1024;

    private readonly MemoryPipeWriter _output = new();
    private readonly SseEventWriter _events;

    public SseEventWriterBatchingTests() => _events = new SseEventWriter(_output);

    [Fact]
    public async Task Ready_items_are_sent_with_one_flush()
    {
        const int Count = 1000;
        var source = new Source<int>(Enumerable.Range(0, Count));

        await _events.WriteAllAsync(source);

        // There is one flush, or another if the machine delays the source for some milliseconds.
        Assert.InRange(_output.Flushes, 1, Count / 10);
        Assert.Equal(string.Concat(Enumerable.Range(0, Count).Select(number => $"data: {number}\n\n")), _output.FlushedText);
    }

    [Fact]
    public async Task Items_are_flushed_before_a_wait_for_the_source()
    {
        var source = new Source<string>(["one", "two", "three"]) { PauseBefore = 2 };

        Task writing = _events.WriteAllAsync(source).AsTask();
        string flushedWhileWaiting = _output.FlushedText;
        source.Resume();
        await writing;

        Assert.Equal("data: one\n\ndata: two\n\n", flushedWhileWaiting);
        Assert.Equal("data: one\n\ndata: two\n\ndata: three\n\n", _output.FlushedText);
    }

    [Fact]
    public async Task Items_are_flushed_after_a_wait_for_the_first()
    {
        var source = new Source<string>(["one", "two"]) { PauseBefore = 0 };

        Task writing = _events.WriteAllAsync(source).AsTask();
        source.Resume();
        await writing;

        Assert.Equal("data: one\n\ndata: two\n\n", _output.FlushedText);
    }

    [Fact]
    public async Task A_batch_is_bounded_however_much_is_ready()
    {
        string kilobyte = new('x', 1024);
        var source = new Source<string>(Enumerable.Repeat(kilobyte, 200));

        await _events.WriteAllAsync(source);
        int afterSource = _output.MaxUnflushed;
        await _events.WriteAllAsync(Enumerable.Repeat(new SseItem<string>(kilobyte), 200));

        Assert.InRange(afterSource, kilobyte.Length, MaxBatchBytes + (2 * kilobyte.Length));
        Assert.InRange(_output.MaxUnflushed, kilobyte.Length, MaxBatchBytes + (2 * kilobyte.Length));
        Assert.Equal(400 * (kilobyte.Length + "data: \n\n".Length), _output.FlushedText.Length);
    }

    [Fact]
    public async Task An_empty_source_writes_nothing()
    {
        var source = new Source<string>([]);

        await _events.WriteAllAsync(source);

        Assert.Equal("", _output.Text);
        Assert.True(source.IsDisposed);
    }

    [Fact]
    public async Task A_source_is_disposed_at_its_end()
    {
        var source = new Source<string>(["one"]);

        await _events.WriteAllAsync(source);

        Assert.True(source.IsDisposed);
    }

    [Fact]
    public async Task A_failed_source_is_disposed_and_its_items_are_flushed()
    {
        var source = new Source<string>(["one", "two"]) { Failure = new TimeZoneNotFoundException() };

        Exception? exception = await Record.ExceptionAsync(async () => await _events.WriteAllAsync(source));

        Assert.Same(source.Failure, exception);
        Assert.True(source.IsDisposed);
        Assert.Equal("data: one\n\ndata: two\n\n", _output.FlushedText);
    }

    [Fact]
    public async Task A_refused_item_disposes_the_source_and_flushes_earlier_items()
    {
        var source = new Source<SseItem<string>>([new("one"), new("two", "\0"), new("three")]);

        Exception? exception = await Record.ExceptionAsync(async () => await _events.WriteAllAsync(source));

        Assert.IsType<ArgumentException>(exception);
        Assert.True(source.IsDisposed);
        Assert.Equal("data: one\n\n", _output.FlushedText);
    }

    [Fact]
    public async Task A_source_gets_the_token_and_is_disposed()
    {
        using var cancellation = new CancellationTokenSource();
        var source = new Source<string>(["one", "two"]) { PauseBefore = 1 };

        Task writing = _events.WriteAllAsync(source, cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Exception? exception = await Record.ExceptionAsync(() => writing);

        Assert.IsType<OperationCanceledException>(exception, exactMatch: false);
        Assert.Equal(cancellation.Token, source.Token);
        Assert.True(source.IsDisposed);
        Assert.Equal("data: one\n\n", _output.FlushedText);
    }

    [Fact]
    public async Task A_source_of_an_unread_stream_is_disposed()
    {
        var pipe = new Pipe();
        var source = new Source<string>(["one", "two"]) { PauseBefore = 1 };
        await pipe.Reader.CompleteAsync();

        Task writing = new SseEventWriter(pipe.Writer).WriteAllAsync(source).AsTask();
        source.Resume();
        Exception? exception = await Record.ExceptionAsync(() => writing);

        Assert.IsType<IOException>(exception);
        Assert.True(source.IsDisposed);
    }

    [Fact]
    public async Task A_sources_item_is_written_with_its_own_fields()
    {
        var source = new Source<SseItem<Quote>>([new(new Quote("ACME", 42.5m), "quote") { EventId = "1" }, new(new Quote("B", 1))]);

        await _events.WriteAllAsync(source);

        Assert.Equal(
            "event: quote\ndata: {\"symbol\":\"ACME\",\"price\":42.5}\nid: 1\n\ndata: {\"symbol\":\"B\",\"price\":1}\n\n", _output.Text);
    }

    /// <summary>Returns its items without waiting, except for one pause, and can fail at its end.</summary>
    private sealed class Source<T>(IEnumerable<T> items) : IAsyncEnumerable<T>
    {
        private readonly TaskCompletionSource _resumed = new();

        public int PauseBefore { get; init; } = -1;

        public Exception? Failure { get; init; }

        public CancellationToken Token { get; private set; }

        public bool IsDisposed { get; private set; }

        public void Resume() => _resumed.SetResult();

        public IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            Token = cancellationToken;
            return Items(cancellationToken).GetAsyncEnumerator(cancellationToken);
        }

        private async IAsyncEnumerable<T> Items([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            try
            {
                int given = 0;
                foreach (T item in items)
                {
                    if (given++ == PauseBefore)
                    {
                        await _resumed.Task.WaitAsync(cancellationToken);
                    }

                    yield return item;
                }

                if (Failure is not null)
                {
                    throw Failure;
                }
            }
            finally
            {
                IsDisposed = true;
            }
        }
    }
}
