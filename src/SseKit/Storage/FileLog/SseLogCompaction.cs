namespace SseKit.Storage.FileLog;

/// <summary>
/// Copies of a segment what is still held. The copy has the segment's number, so that the log keeps its order, and another file: until that has its
/// name, the old one is the truth, and where both are found the copy is.
/// </summary>
internal sealed class SseLogCompaction(SseLogState state, SseLogSegments segments, SseLogSegment old)
{
    private const int WriteLength = 1024 * 1024;

    private readonly List<SseLogMove> _moves = [];

    public IReadOnlyList<SseLogMove> Moves => _moves;

    public SseLogSegment Copy()
    {
        SseLogHeader header = old.Header with { Compaction = old.Header.Compaction + 1 };
        uint ordinal;
        lock (state.Gate)
        {
            ordinal = state.NextOrdinal();
        }

        var copy = new SseLogSegment(header, ordinal, segments.Create(header.FileName));
        try
        {
            CopyTo(copy);
            segments.Finish(copy);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private void CopyTo(SseLogSegment copy)
    {
        Span<byte> header = stackalloc byte[SseLogHeader.Length];
        copy.Header.Write(header);
        var buffer = new SseLogBuffer();
        buffer.Begin(copy.Seed, 0);
        buffer.AddRaw(header);
        var scanner = new SseLogScanner(old.File, old.Seed, SseLogHeader.Length, old.Length);
        while (scanner.TryNext() || (!scanner.IsAtEnd && scanner.TryFindNext()))
        {
            if (IsNeeded(scanner.Frame, buffer.Offset))
            {
                buffer.AddCopy(scanner.Frame);
            }

            if (scanner.Offset < old.OpeningLength)
            {
                copy.OpeningLength = buffer.Offset;
            }

            if (buffer.Length >= WriteLength)
            {
                WriteTo(copy, buffer);
            }
        }

        WriteTo(copy, buffer);
    }

    private static void WriteTo(SseLogSegment copy, SseLogBuffer buffer)
    {
        copy.File.Write(buffer.Written, copy.Length);
        copy.Length += buffer.Length;
        buffer.Continue();
    }

    private bool IsNeeded(ReadOnlySpan<byte> frame, long offset)
    {
        if (SseLogFrame.KindOf(frame) != SseLogFrameKind.Event)
        {
            return true;
        }

        var read = new SseLogEvent(frame);
        lock (state.Gate)
        {
            if (state.Find(read.Topic) is not { } topic || read.Sequence < topic.EarliestSequence || read.Sequence > topic.Latest.Sequence)
            {
                return false;
            }
        }

        _moves.Add(new SseLogMove(read.Topic, read.Sequence, (uint)offset, frame.Length));
        return true;
    }
}
