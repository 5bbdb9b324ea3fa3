using System.Buffers;

namespace SseKit.Writing;

/// <summary>
/// Writes an event whose data is JSON, which was serialized before the write lock is taken. Converters are external code: one that
/// writes to its own stream would wait for the lock that its own call holds.
/// </summary>
internal readonly struct JsonEvent(EventFields fields, JsonScratch json) : IWriteOperation
{
    public int Events => 1;

    /// <summary>Writes the event. Call it once: afterwards its scratch may belong to another call.</summary>
    public long WriteTo(IBufferWriter<byte> output, int maxEventSize)
    {
        EventSize.Check(json.Written.Length, maxEventSize);

        // Indented JSON and raw values of converters contain line breaks, so JSON is split into lines like any other data.
        long bytes = FrameFormatter.WriteEvent(output, fields, json.Written);
        json.Return();
        return bytes;
    }
}
