using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>Between any two steps the process may be killed.</summary>
public sealed class SseFileEventStoreModelTests : EventStoreModelTests
{
    private MemoryLogFiles _files = new();

    private protected override ISseEventStore Create(TimeProvider time)
    {
        _files = new MemoryLogFiles();
        return Open(time);
    }

    private protected override ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store, TimeProvider time)
    {
        _files = _files.AfterKill();
        return ValueTask.FromResult<ISseEventStore>(Open(time));
    }

    private SseFileEventStore Open(TimeProvider time) =>
        new(_files, new SseFileStoreOptions { MaxEventsPerTopic = MaxEvents, MaxAge = MaxAge, SegmentSize = 500 }, time, NullLogger.Instance);
}
