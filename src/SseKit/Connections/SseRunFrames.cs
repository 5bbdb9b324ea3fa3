using System.Buffers;
using SseKit.Protocol;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>What follows a connection's position in the tail of its one topic, in the bytes that all connections like it share.</summary>
internal readonly struct SseRunFrames(SsePositionedWriter writer, SseTopicSubscription subscription, SseRunPart run) : ISseFrame
{
    private readonly SsePosition _before = writer.Cursor[0];

    public int Events => writer.Events;

    public long WriteTo(IBufferWriter<byte> output, int maxEventSize) => writer.WriteRuns(subscription, run, output);

    public void Undo() => writer.MoveBack(0, _before);
}
