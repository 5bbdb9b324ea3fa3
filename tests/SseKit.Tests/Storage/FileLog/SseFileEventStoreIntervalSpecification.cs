namespace SseKit.Tests.Storage.FileLog;

public sealed class SseFileEventStoreIntervalSpecification() : SseFileEventStoreSpecification(SseFileSync.Interval, segmentSize: 32 * 1024 * 1024);
