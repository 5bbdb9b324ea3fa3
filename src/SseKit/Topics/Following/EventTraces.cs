using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace SseKit.Topics.Following;

/// <summary>
/// Uses the trace contexts of publishes for one stream: as links of its activity, and as events <c>ssekit.trace</c> before those that they
/// belong to. Used inside the output's write lock.
/// </summary>
/// <param name="stream">The activity of the stream, which gets links; null for none.</param>
/// <param name="sends">Whether the client gets the contexts.</param>
internal sealed class EventTraces(Activity? stream, bool sends)
{
    // A stream may last for days (I8).
    private const int MaxLinks = 128;

    // ActivityContext.TryParse does not look at the characters between its fields.
    private static readonly SearchValues<byte> Allowed = SearchValues.Create("0123456789abcdef-"u8);

    private ActivityContext _linked;
    private int _linkCount;

    private static ReadOnlySpan<byte> Start => "event: ssekit.trace\ndata: {\"traceparent\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}\n\n"u8;

    /// <summary>Writes the trace context of an event, if it has one and the client gets it. Returns the number of bytes.</summary>
    public long Write(ReadOnlySpan<byte> payload, IBufferWriter<byte> output)
    {
        // Validated, because it becomes part of JSON, and other code may have written to the store.
        ReadOnlySpan<byte> traceParent = EventPayload.TraceParent(payload);
        if (traceParent.IsEmpty || !TryParse(traceParent, out ActivityContext publish))
        {
            return 0;
        }

        Link(publish);
        if (!sends)
        {
            return 0;
        }

        output.Write(Start);
        output.Write(traceParent);
        output.Write(End);
        return Start.Length + traceParent.Length + End.Length;
    }

    private static bool TryParse(ReadOnlySpan<byte> traceParent, out ActivityContext publish)
    {
        publish = default;
        return traceParent.IndexOfAnyExcept(Allowed) < 0
            && ActivityContext.TryParse(Encoding.ASCII.GetString(traceParent), traceState: null, isRemote: true, out publish);
    }

    // The events of a page have one context.
    private void Link(ActivityContext publish)
    {
        if (stream is not null && _linkCount < MaxLinks && publish != _linked)
        {
            stream.AddLink(new ActivityLink(publish));
            _linked = publish;
            _linkCount++;
        }
    }
}
