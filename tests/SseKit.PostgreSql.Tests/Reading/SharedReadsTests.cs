namespace SseKit.PostgreSql.Tests.Reading;

public sealed class SharedReadsTests : IDisposable
{
    private readonly SemaphoreSlim _lane = new(1);
    private readonly List<Read> _reads = [];

    public void Dispose() => _lane.Dispose();

    [Fact]
    public async Task A_read_without_remaining_callers_is_cancelled()
    {
        SharedReads<string, int> reads = SharedReads();
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        using var third = new CancellationTokenSource();
        Task<int> one = reads.ReadAsync("key", first.Token);
        Read read = await BegunAsync(1);
        Task<int> two = reads.ReadAsync("key", second.Token);
        Task<int> three = reads.ReadAsync("key", third.Token);

        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        await read.Cancelled.WaitAsync();

        // Callers that come after its begin share the next one, which continues as long as one of them waits.
        read = await BegunAsync(2);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
        Assert.False(read.Cancelled.IsSet);
        read.Result.SetResult(7);
        Assert.Equal(7, await three.OrTimeout());
        Assert.Equal(2, _reads.Count);
    }

    [Fact]
    public async Task A_read_whose_callers_left_early_never_begins()
    {
        SharedReads<string, int> reads = SharedReads();
        await _lane.WaitAsync();
        using var left = new CancellationTokenSource();
        Task<int> one = reads.ReadAsync("left", left.Token);
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Task<int> two = reads.ReadAsync("waits", CancellationToken.None);
        _lane.Release();

        Read read = await BegunAsync(1);
        Assert.Equal("waits", read.Key);
        read.Result.SetResult(7);
        Assert.Equal(7, await two.OrTimeout());
        Assert.Single(_reads);
    }

    [Fact]
    public async Task A_cancelled_read_can_be_repeated()
    {
        SharedReads<string, int> reads = SharedReads();
        for (int i = 1; i <= 3; i++)
        {
            using var left = new CancellationTokenSource();
            Task<int> one = reads.ReadAsync("key", left.Token);
            Read read = await BegunAsync(i);
            await left.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
            await read.Cancelled.WaitAsync();
        }

        Task<int> last = reads.ReadAsync("key", CancellationToken.None);
        (await BegunAsync(4)).Result.SetResult(7);
        Assert.Equal(7, await last.OrTimeout());
    }

    private SharedReads<string, int> SharedReads() => new(
        async (key, cancellationToken) =>
        {
            var read = new Read(key);
            lock (_reads)
            {
                _reads.Add(read);
            }

            try
            {
                return await read.Result.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                read.Cancelled.Set();
                throw;
            }
        },
        _lane,
        CancellationToken.None);

    private async Task<Read> BegunAsync(int count)
    {
        await TestTimeout.UntilAsync(() =>
        {
            lock (_reads)
            {
                return _reads.Count >= count;
            }
        });
        return _reads[count - 1];
    }

    private sealed record Read(string Key)
    {
        public Signal Cancelled { get; } = new();

        public TaskCompletionSource<int> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
