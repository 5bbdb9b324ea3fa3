using System.Text;
using System.Text.Encodings.Web;

namespace SseKit.Topics.Following;

/// <summary>A range of events that a client can no longer get, and the position at which it continues.</summary>
/// <param name="position">The client's position.</param>
/// <param name="isExpired">Whether the position is of the topic's log, which no longer holds what follows it.</param>
/// <param name="oldestHeld">The first event that the log holds.</param>
/// <param name="next">The position at which the client continues.</param>
/// <param name="topic">The topic's name, if the connection follows others too.</param>
internal readonly struct Gap(SsePosition position, bool isExpired, long oldestHeld, SsePosition next, string? topic)
{
    /// <summary>Where a client continues if what follows its position has expired.</summary>
    public static SsePosition AfterExpiry(SseTopicState state, SseGapPolicy policy) => policy == SseGapPolicy.Latest
        ? state.Latest
        : state.Latest with { Sequence = state.EarliestSequence - 1 };

    public SsePosition Position => position;

    public long OldestHeld => oldestHeld;

    public bool IsExpired => isExpired;

    public SsePosition Next => next;

    /// <summary>The event that reports it, up to the end of its data.</summary>
    public ReadOnlyMemory<byte> Payload
    {
        get
        {
            string missed = IsExpired ? FormattableString.Invariant($",\"missed\":{Next.Sequence - position.Sequence}") : "";
            string name = topic is null ? "" : $",\"topic\":\"{JavaScriptEncoder.Default.Encode(topic)}\"";
            return Encoding.ASCII.GetBytes($"event: ssekit.gap\ndata: {{\"reason\":\"{Reason}\"{missed}{name}}}\n");
        }
    }

    private string Reason => IsExpired ? "expired" : "unknown";
}

/// <summary>A gap of one of a connection's topics.</summary>
/// <param name="Index">The topic's place among them.</param>
/// <param name="Topic">The topic's name.</param>
/// <param name="Gap">The gap.</param>
internal sealed record TopicGap(int Index, string Topic, Gap Gap);
