using System.Text;
using System.Text.Encodings.Web;

namespace SseKit.Topics.Following;

/// <summary>What a client has missed for good, and where it goes on.</summary>
/// <param name="position">Where it stood.</param>
/// <param name="page">The store's answer to that.</param>
/// <param name="next">Where the client goes on.</param>
/// <param name="topic">The topic's name, if the connection follows others too.</param>
internal readonly struct Gap(SsePosition position, SseReadResult page, SsePosition next, string? topic)
{
    public SsePosition Position => position;

    public long OldestHeld => page.State.EarliestSequence;

    public bool IsExpired => page.Status == SseReadStatus.Expired;

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
