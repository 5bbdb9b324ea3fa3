namespace SseKit.Storage.FileLog;

/// <summary>A file of a log. Reads may run beside each other and beside a write.</summary>
internal interface ISseLogFile : IDisposable
{
    long Length { get; }

    /// <summary>Reads up to the end of the buffer or of the file, and returns how much.</summary>
    int Read(Span<byte> buffer, long offset);

    void Write(ReadOnlySpan<byte> bytes, long offset);

    /// <summary>Returns when everything written is on the disk, or throws.</summary>
    void Flush();

    void Truncate(long length);
}
