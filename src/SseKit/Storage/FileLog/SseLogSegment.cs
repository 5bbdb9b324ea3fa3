namespace SseKit.Storage.FileLog;

/// <summary>A part of the log, in one file. The state's gate guards what changes, but for the references.</summary>
internal sealed class SseLogSegment(SseLogHeader header, uint ordinal, ISseLogFile file) : IDisposable
{
    private readonly Lock _references = new();
    private int _count = 1;

    public SseLogHeader Header { get; } = header;

    /// <summary>Names it in the index. A segment that was compacted is another one.</summary>
    public uint Ordinal { get; } = ordinal;

    public ISseLogFile File { get; } = file;

    public uint Seed { get; } = header.Seed;

    /// <summary>Up to here it is written, and readers may look.</summary>
    public long Length { get; set; }

    /// <summary>What it takes before its first batch.</summary>
    public long OpeningLength { get; set; }

    /// <summary>The events that topics hold.</summary>
    public long Events { get; set; }

    /// <summary>The bytes of events that no topic holds any more.</summary>
    public long DeadBytes { get; set; }

    /// <summary>The events that no topic holds any more.</summary>
    public long DeadEvents { get; set; }

    public long WrittenEvents => Events + DeadEvents;

    /// <summary>Keeps the file open while it is read, though the segment be dropped meanwhile.</summary>
    public void AddReference()
    {
        lock (_references)
        {
            _count++;
        }
    }

    public void Release()
    {
        lock (_references)
        {
            if (--_count > 0)
            {
                return;
            }
        }

        File.Dispose();
    }

    /// <summary>Ends the log's own use. The file is closed when the last reader is through.</summary>
    public void Dispose() => Release();
}
