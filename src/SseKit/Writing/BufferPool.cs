namespace SseKit.Writing;

/// <summary>
/// Keeps a few objects that are costly to create. From Rent to Return an object belongs to its caller alone. A caller that fails midway
/// returns nothing, and the object becomes garbage: its content never reaches another caller.
/// </summary>
internal sealed class BufferPool<T>
    where T : class
{
    // Two for each processor (I8): one in use by each running thread, and one for a caller that was interrupted.
    private readonly Slot[] _slots = new Slot[2 * Environment.ProcessorCount];

    /// <summary>Takes an object that is kept; null if there is none.</summary>
    public T? TryRent()
    {
        Slot[] slots = _slots;
        int first = First(slots);
        for (int i = 0; i < slots.Length; i++)
        {
            ref T? slot = ref slots[(first + i) % slots.Length].Kept;
            if (slot is { } kept && Interlocked.CompareExchange(ref slot, null, kept) == kept)
            {
                return kept;
            }
        }

        return null;
    }

    public void Return(T item)
    {
        Slot[] slots = _slots;
        int first = First(slots);
        for (int i = 0; i < slots.Length; i++)
        {
            ref T? slot = ref slots[(first + i) % slots.Length].Kept;
            if (slot is null && Interlocked.CompareExchange(ref slot, item, null) is null)
            {
                return;
            }
        }
    }

    private static int First(Slot[] slots) => Thread.GetCurrentProcessorId() * 2 % slots.Length;

    // An array of references would check the type of each one that is stored.
    private struct Slot
    {
        public T? Kept;
    }
}
