using System.Text;

namespace SseKit.Connections;

/// <summary>What a client has missed for good, and where it goes on.</summary>
/// <param name="position">Where it stood.</param>
/// <param name="page">The store's answer to that.</param>
/// <param name="next">Where the client goes on.</param>
/// <param name="topic">The topic's place in the list that the handler gave; null if the connection follows one topic only.</param>
internal readonly struct SseGap(SsePosition position, SseStorePage page, SsePosition next, int? topic)
{
    public SsePosition Position => position;

    public long OldestHeld => page.State.OldestSequence;

    public bool IsExpired => page.Status == SseReadStatus.Expired;

    public SsePosition Next => next;

    /// <summary>The event that reports it. It has no topic's name: apps build names from what their clients need not learn.</summary>
    public ReadOnlyMemory<byte> Payload
    {
        get
        {
            string missed = IsExpired ? FormattableString.Invariant($",\"missed\":{Next.Sequence - position.Sequence}") : "";
            string place = topic is { } index ? FormattableString.Invariant($",\"topic\":{index}") : "";
            return Encoding.ASCII.GetBytes($"event: ssekit.gap\ndata: {{\"reason\":\"{Reason}\"{missed}{place}}}\n");
        }
    }

    private string Reason => IsExpired ? "expired" : "unknown";
}
