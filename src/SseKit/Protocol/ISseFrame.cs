using System.Buffers;

namespace SseKit.Protocol;

/// <summary>Something that is written whole or not at all. Implementations are structs, so that writing one allocates nothing.</summary>
internal interface ISseFrame
{
    /// <summary>Whether it is written piece by piece, and better collected in front of the pipe.</summary>
    static virtual bool HasManyPieces => false;

    /// <summary>How many events clients dispatch for it. Asked for after it was written.</summary>
    int Events { get; }

    /// <summary>Writes the frame and returns its bytes. Whatever can fail (serializing, the size check) fails before the first byte.</summary>
    long WriteTo(IBufferWriter<byte> output, int maxEventSize);
}
