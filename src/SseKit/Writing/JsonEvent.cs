using System.Buffers;

namespace SseKit.Writing;

/// <summary>
/// An event whose data is JSON that was serialized before the write lock is taken. Converters are other people's code: one that writes to
/// its own stream would wait for the lock that its own call holds.
/// </summary>
internal readonly struct JsonEvent(EventFields fields, JsonScratch json) : IWriteOperation
{
    public int Events => 1;

    /// <summary>Writes the event, once: its scratch is another call's afterwards.</summary>
    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.Check(json.Written.Length, maxEventSize);

        // Indented JSON and raw values of converters hold line breaks, so JSON is split into lines like any other data.
        long bytes = FrameFormatter.WriteEvent(output, fields, json.Written);
        json.Return();
        return bytes;
    }
}
