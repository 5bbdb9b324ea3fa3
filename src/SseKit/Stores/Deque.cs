using System.Diagnostics;
using System.Numerics;

namespace SseKit.Stores;

/// <summary>A queue with an index, which the framework's queue does not have. Not thread-safe.</summary>
internal sealed class Deque<T>
{
    private const int InitialCapacity = 4;

    private T[] _items = [];
    private int _start;

    public int Count { get; private set; }

    public ref readonly T this[int index]
    {
        get
        {
            Debug.Assert((uint)index < (uint)Count, "The index is within the queue.");
            return ref _items[(_start + index) & (_items.Length - 1)];
        }
    }

    public void Enqueue(T item)
    {
        if (Count == _items.Length)
        {
            Resize(Math.Max(InitialCapacity, Count * 2));
        }

        _items[(_start + Count) & (_items.Length - 1)] = item;
        Count++;
    }

    public T Dequeue()
    {
        Debug.Assert(Count > 0, "There is an item to take.");
        T item = _items[_start];
        _items[_start] = default!;
        _start = (_start + 1) & (_items.Length - 1);
        Count--;

        // The memory that a burst needed is released.
        if (Count < _items.Length / 4 && _items.Length > InitialCapacity)
        {
            Resize(_items.Length / 2);
        }

        return item;
    }

    public void Clear()
    {
        _items = [];
        _start = 0;
        Count = 0;
    }

    private void Resize(int capacity)
    {
        Debug.Assert(BitOperations.IsPow2(capacity), "The index is cut by a mask.");
        var items = new T[capacity];
        for (int i = 0; i < Count; i++)
        {
            items[i] = this[i];
        }

        _items = items;
        _start = 0;
    }
}
