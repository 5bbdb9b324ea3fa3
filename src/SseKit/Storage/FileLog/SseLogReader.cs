using System.Buffers;
using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>
/// Reads pages: 1. under the state's gate, note where the events lie; 2. without it, read them, those that lie near each other at once; 3. check
/// each frame. A segment that is dropped meanwhile stays open until its readers are through. Thread-safe.
/// </summary>
internal sealed partial class SseLogReader(SseLogState state, string path, ILogger logger)
{
    // Whoever asks for more gets it a page at a time (I8).
    private const int MaxEvents = 4096;
    private const long MaxBytes = 1024 * 1024;

    // Frames of other topics in between are cheaper to read than to jump over.
    private const int MaxJump = 4096;
    private const int MaxRun = 256 * 1024;

    public SseReadResult Read(string topic, SsePosition after, int maxEvents)
    {
        while (true)
        {
            var page = new Page();
            lock (state.Gate)
            {
                SseTopicState current = state.StateOf(topic, out SseLogTopic? log);
                SseReadStatus status = StatusOf(current, after);
                if (status != SseReadStatus.Ok || after == current.Latest)
                {
                    return new SseReadResult(status, [], current);
                }

                page.State = current;
                page.Log = log!;
                Note(page, after, maxEvents);
            }

            if (TryRead(page, after.Sequence) is { } events)
            {
                return new SseReadResult(SseReadStatus.Ok, events, page.State);
            }
        }
    }

    private static SseReadStatus StatusOf(SseTopicState current, SsePosition after)
    {
        if (after.Epoch != current.Latest.Epoch || after.Sequence < 0 || after.Sequence > current.Latest.Sequence)
        {
            return SseReadStatus.Unknown;
        }

        return after.Sequence + 1 < current.EarliestSequence ? SseReadStatus.Expired : SseReadStatus.Ok;
    }

    // Step 1. The caller holds the gate.
    private void Note(Page page, SsePosition after, int maxEvents)
    {
        SseLogIndex entries = page.Log.Entries;
        int first = (int)(after.Sequence + 1 - page.Log.EarliestSequence);
        int most = Math.Min(Math.Min(maxEvents, MaxEvents), entries.Count - first);
        page.Entries = ArrayPool<SseLogEntry>.Shared.Rent(most);
        long bytes = 0;
        while (page.Count < most)
        {
            SseLogEntry entry = entries[first + page.Count];
            bytes += entry.Length;
            if (page.Count > 0 && bytes > MaxBytes)
            {
                return;
            }

            if (page.Segments.Count == 0 || page.Segments[^1].Ordinal != entry.Segment)
            {
                SseLogSegment segment = state.SegmentOf(entry);
                segment.AddReference();
                page.Segments.Add(segment);
            }

            page.Entries[page.Count++] = entry;
        }
    }

    // Null where damage makes it another page than was noted.
    private SseStoredEvent[]? TryRead(Page page, long after)
    {
        try
        {
            var events = new SseStoredEvent[page.Count];
            int read = 0;
            int segment = 0;
            while (read < page.Count)
            {
                while (page.Segments[segment].Ordinal != page.Entries[read].Segment)
                {
                    segment++;
                }

                int run = RunFrom(page, read);
                int whole = ReadRun(page, page.Segments[segment], events.AsSpan(read, run), read, after + 1 + read);
                read += whole;
                if (whole < run)
                {
                    Drop(page, after + 1 + read);
                    return read > 0 ? events[..read] : null;
                }
            }

            return events;
        }
        finally
        {
            ArrayPool<SseLogEntry>.Shared.Return(page.Entries);
            page.Segments.ForEach(static segment => segment.Release());
        }
    }

    // How many events, from the first on, one read brings.
    private static int RunFrom(Page page, int first)
    {
        SseLogEntry start = page.Entries[first];
        int next = first + 1;
        while (next < page.Count)
        {
            SseLogEntry last = page.Entries[next - 1];
            SseLogEntry entry = page.Entries[next];
            bool near = entry.Segment == start.Segment
                && entry.Offset - (last.Offset + (long)last.Length) <= MaxJump
                && entry.Offset + (long)entry.Length - start.Offset <= MaxRun;
            if (!near)
            {
                break;
            }

            next++;
        }

        return next - first;
    }

    // Steps 2 and 3. Returns how many events were whole.
    private static int ReadRun(Page page, SseLogSegment segment, Span<SseStoredEvent> events, int first, long sequence)
    {
        SseLogEntry start = page.Entries[first];
        SseLogEntry end = page.Entries[first + events.Length - 1];
        int length = (int)(end.Offset + (long)end.Length - start.Offset);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            int read = segment.File.Read(buffer.AsSpan(0, length), start.Offset);
            for (int i = 0; i < events.Length; i++)
            {
                SseLogEntry entry = page.Entries[first + i];
                int place = (int)(entry.Offset - start.Offset);
                if (place + entry.Length > read
                    || !TryReadEvent(buffer.AsSpan(place, entry.Length), segment.Seed, entry, page.Log.Id, sequence + i, out events[i]))
                {
                    return i;
                }
            }

            return events.Length;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static bool TryReadEvent(
        ReadOnlySpan<byte> frame, uint seed, SseLogEntry entry, long topic, long sequence, out SseStoredEvent stored)
    {
        stored = default;
        if (!SseLogFrame.IsWhole(frame, seed, entry.Offset) || SseLogFrame.KindOf(frame) != SseLogFrameKind.Event)
        {
            return false;
        }

        var read = new SseLogEvent(frame);
        if (read.Topic != topic || read.Sequence != sequence)
        {
            return false;
        }

        stored = new SseStoredEvent(sequence, read.Payload.ToArray());
        return true;
    }

    // A damaged event is never served. It and those before it count as expired, so that whoever comes for it is told (I5).
    private void Drop(Page page, long sequence)
    {
        Log.Damaged(logger, path, sequence, page.State.Latest.Epoch);
        lock (state.Gate)
        {
            state.DropThrough(page.Log, sequence);
        }
    }

    private sealed class Page
    {
        public SseTopicState State { get; set; }

        public SseLogTopic Log { get; set; } = null!;

        public SseLogEntry[] Entries { get; set; } = [];

        public int Count { get; set; }

        public List<SseLogSegment> Segments { get; } = new(2);
    }

    private static partial class Log
    {
        [LoggerMessage(SseFileLogEventIds.ReadDamaged, LogLevel.Error,
            "The event store in '{Path}' is damaged: event {Sequence} of the topic with epoch {Epoch} is not what was written. It is not served; readers are told of a gap.")]
        public static partial void Damaged(ILogger logger, string path, long sequence, string epoch);
    }
}
