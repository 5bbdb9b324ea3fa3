using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Storage.FileLog;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>
/// The file log keeps the contract of durable stores, whatever it waits for, and when its files are so small that it never stops beginning new
/// ones.
/// </summary>
public abstract class SseFileEventStoreSpecification(SseFileSync sync, int segmentSize) : DurableEventStoreSpecification
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(1);

    private readonly TemporaryDirectory _directory = new();
    private readonly ManualTimeProvider _time = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(Open());

    protected override async ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store)
    {
        await DisposeAsync(store);
        return Open();
    }

    protected override ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence)
    {
        _time.Advance(MaxAge);
        return ValueTask.CompletedTask;
    }

    private SseFileEventStore Open() => new(
        new SseDiskFiles(_directory.Path),
        new SseFileStoreOptions { Sync = sync, SegmentSize = segmentSize, MaxAge = MaxAge },
        _time,
        NullLogger.Instance);
}
