namespace SseKit.Storage.FileLog;

/// <summary>
/// Begins segments. The file has its name when all of its beginning is on the disk, so that a segment with a name and without a beginning is a
/// damaged one.
/// </summary>
internal sealed class SseLogSegments(ISseLogFiles files, SseLogState state, Guid log, Guid boot)
{
    /// <summary>
    /// Begins a segment with what must be known of all topics. It is the truth when the log is opened again: what an earlier segment says beyond it
    /// was never acknowledged, and what earlier segments lack is seen to be missing.
    /// </summary>
    public SseLogSegment Begin(long number)
    {
        var header = new SseLogHeader(log, number, 0, boot);
        var buffer = new SseLogBuffer();
        Span<byte> bytes = stackalloc byte[SseLogHeader.Length];
        header.Write(bytes);
        buffer.Begin(header.Seed, 0);
        buffer.AddRaw(bytes);
        uint ordinal;
        lock (state.Gate)
        {
            ordinal = state.NextOrdinal();
            buffer.AddCheckpoint(state.Epochs, state.NextTopic, state.Topics.Count);
            foreach (SseLogTopic topic in state.Topics)
            {
                buffer.AddTopic(topic.Record);
            }
        }

        ISseLogFile file = Create(header.FileName);
        var segment = new SseLogSegment(header, ordinal, file) { Length = buffer.Length, OpeningLength = buffer.Length };
        try
        {
            file.Write(buffer.Written, 0);
            Finish(segment);
        }
        catch
        {
            segment.Dispose();
            throw;
        }

        return segment;
    }

    public ISseLogFile Create(string fileName)
    {
        string unfinished = fileName + SseLogHeader.Unfinished;
        files.Delete(unfinished);
        return files.Create(unfinished);
    }

    /// <summary>Gives a segment its name.</summary>
    public void Finish(SseLogSegment segment)
    {
        segment.File.Flush();
        files.Rename(segment.Header.FileName + SseLogHeader.Unfinished, segment.Header.FileName);
        files.Flush();
    }
}
