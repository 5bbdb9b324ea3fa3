using System.Buffers;

namespace SseKit.Writing;

/// <summary>Writes completely or not at all. Implementations are structs, so that a write allocates nothing.</summary>
internal interface IWriteOperation
{
    /// <summary>Whether <see cref="WriteTo"/> calls code of the app, which may call SseKit again.</summary>
    static virtual bool CallsOtherCode => false;

    /// <summary>The number of events that clients dispatch for it. Read after the write.</summary>
    int Events { get; }

    /// <summary>Writes the frame and returns its bytes. If it throws, the bytes that it wrote are discarded.</summary>
    long WriteTo(IBufferWriter<byte> output, int maxEventSize);

    /// <summary>Reverts other changes of <see cref="WriteTo"/> than its bytes, after it threw.</summary>
    void Undo()
    {
    }
}
