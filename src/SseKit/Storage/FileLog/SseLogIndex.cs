using System.Diagnostics;

namespace SseKit.Storage.FileLog;

/// <summary>
/// The entries of a topic's events, oldest first. They stand in blocks, so that a long topic grows without being copied and a short one stays
/// small. Not thread-safe.
/// </summary>
internal sealed class SseLogIndex
{
    private const int FirstCapacity = 4;
    private const int BlockLength = 256;

    private readonly SseDeque<SseLogEntry[]> _blocks = new();
    private int _skipped;

    public int Count { get; private set; }

    public ref SseLogEntry this[int index]
    {
        get
        {
            Debug.Assert((uint)index < (uint)Count, "The index is within the entries.");
            int place = _skipped + index;
            return ref _blocks[place / BlockLength][place % BlockLength];
        }
    }

    public void Add(SseLogEntry entry)
    {
        int place = _skipped + Count;
        if (place % BlockLength == 0)
        {
            _blocks.Enqueue(new SseLogEntry[_blocks.Count == 0 ? FirstCapacity : BlockLength]);
        }
        else if (place == _blocks[^1].Length && place < BlockLength)
        {
            GrowFirst(place);
        }

        Count++;
        this[Count - 1] = entry;
    }

    public SseLogEntry TakeOldest()
    {
        SseLogEntry oldest = this[0];
        Count--;
        _skipped++;
        if (Count == 0)
        {
            _blocks.Clear();
            _skipped = 0;
        }
        else if (_skipped == BlockLength)
        {
            _blocks.Dequeue();
            _skipped = 0;
        }

        return oldest;
    }

    // Only the first block is ever shorter than the others, as long as it is the only one.
    private void GrowFirst(int place)
    {
        SseLogEntry[] block = _blocks.Dequeue();
        Array.Resize(ref block, Math.Min(BlockLength, place * 2));
        _blocks.Enqueue(block);
    }
}
