using SseKit.Connections;
using SseKit.Writing;

namespace SseKit.Topics.Following;

/// <summary>The heartbeat event of an endpoint, with the connection's position as its id.</summary>
/// <param name="writer">The connection's position.</param>
/// <param name="payload">The event up to the end of its data.</param>
internal sealed class PositionedHeartbeat(PositionedWriter writer, ReadOnlyMemory<byte> payload) : IHeartbeat
{
    public bool? TryWrite(StreamOutput output) => output.TryWrite(new PositionedEvent(writer, payload));
}
