namespace SseKit.Tests.Storage.FileLog;

public sealed class SseFileEventStoreSmallFilesSpecification() : SseFileEventStoreSpecification(SseFileSync.None, segmentSize: 1000);
