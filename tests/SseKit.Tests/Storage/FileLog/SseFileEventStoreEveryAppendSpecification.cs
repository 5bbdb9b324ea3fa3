namespace SseKit.Tests.Storage.FileLog;

public sealed class SseFileEventStoreEveryAppendSpecification() : SseFileEventStoreSpecification(SseFileSync.EveryAppend, segmentSize: 32 * 1024 * 1024);
