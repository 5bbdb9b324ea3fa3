namespace SseKit.Sqlite.Writing;

/// <summary>A topic's row within a transaction, written back before the commit if it has changed.</summary>
internal sealed class TopicRow(long id, string epoch)
{
    public long Id { get; } = id;

    public string Epoch { get; } = epoch;

    public long Head { get; set; }

    public long Oldest { get; set; } = 1;

    public long Bytes { get; set; }

    public SseTopicStatus Status { get; set; }

    public bool HasChanged { get; set; }

    public long Events => Head - Oldest + 1;
}
