using System.Globalization;

namespace SseKit.Connections;

/// <summary>What a client has missed for good, and where it goes on.</summary>
/// <param name="position">Where it stood.</param>
/// <param name="page">The store's answer to that.</param>
/// <param name="next">Where the client goes on.</param>
internal readonly struct SseGap(SsePosition position, SseStorePage page, SsePosition next)
{
    public SsePosition Position => position;

    public long OldestHeld => page.State.OldestSequence;

    public bool IsExpired => page.Status == SseReadStatus.Expired;

    public SsePosition Next => next;

    /// <summary>What the client is told.</summary>
    public string Data => IsExpired
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"reason":"expired","missed":{{Next.Sequence - position.Sequence}}}""")
        : """{"reason":"unknown"}""";
}
