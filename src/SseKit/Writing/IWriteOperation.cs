using System.Buffers;

namespace SseKit.Writing;

/// <summary>Something that is written whole or not at all. Implementations are structs, so that writing one allocates nothing.</summary>
internal interface IWriteOperation
{
    /// <summary>Whether <see cref="WriteTo"/> calls code of the app, which may call back.</summary>
    static virtual bool CallsOtherCode => false;

    /// <summary>How many events clients dispatch for it. Asked for after it was written.</summary>
    int Events { get; }

    /// <summary>Writes the frame and returns its bytes. If it throws, at any point, the bytes that it wrote are dropped.</summary>
    long WriteTo(IBufferWriter<byte> output, int maxEventSize);

    /// <summary>Takes back what <see cref="WriteTo"/> changed beside the output, after it threw.</summary>
    void Undo()
    {
    }
}
