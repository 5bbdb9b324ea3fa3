using System.Diagnostics;
using SseKit.Topics.EventIds;

namespace SseKit.Topics;

/// <summary>
/// Holds consecutive events of a topic as wire bytes, each with its id. All followers of this topic alone share these bytes. It only grows,
/// so bytes that were handed out never change. The caller holds the topic's lock.
/// </summary>
internal sealed class ComposedBurst
{
    private readonly byte[] _bytes;
    private readonly List<int> _ends = [];

    /// <param name="first">The number of its first event.</param>
    /// <param name="capacity">Its bytes.</param>
    public ComposedBurst(long first, int capacity)
    {
        First = first;
        _bytes = GC.AllocateUninitializedArray<byte>(capacity);
    }

    public long First { get; }

    /// <summary>The number of its last event; the one before its first if it has none.</summary>
    public long Last => First + _ends.Count - 1;

    public int Capacity => _bytes.Length;

    private int Used => _ends.Count == 0 ? 0 : _ends[^1];

    /// <summary>The most bytes that an event takes here.</summary>
    public static int MaxSize(in SseStoredEvent each) => EventIdLine.MaxLengthOfPosition + EventPayload.Frame(each.Payload).Length;

    /// <summary>Adds the event that follows the last one. Returns false if it may not fit.</summary>
    public bool TryAdd(string epoch, in SseStoredEvent each)
    {
        Debug.Assert(each.Sequence == Last + 1, "A burst has no holes.");
        if (_bytes.Length - Used < MaxSize(each))
        {
            return false;
        }

        int end = Used;
        ReadOnlyMemory<byte> frame = EventPayload.Frame(each.Payload);
        frame.Span.CopyTo(_bytes.AsSpan(end));
        end += frame.Length;
        end += EventIdLine.Write(new SsePosition(epoch, each.Sequence), _bytes.AsSpan(end));
        _ends.Add(end);
        return true;
    }

    /// <summary>The bytes from an event to the last one.</summary>
    public ReadOnlyMemory<byte> From(long sequence)
    {
        int index = (int)(sequence - First);
        int start = index == 0 ? 0 : _ends[index - 1];
        return _bytes.AsMemory(start, Used - start);
    }
}

/// <summary>A piece of a topic's tail, ready for the wire. Its bytes never change.</summary>
/// <param name="Bytes">Whole events with their ids; empty if there is no such piece.</param>
/// <param name="Events">How many.</param>
internal readonly record struct BurstPart(ReadOnlyMemory<byte> Bytes, int Events);
