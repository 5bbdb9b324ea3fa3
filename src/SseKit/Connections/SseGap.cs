using System.Globalization;

namespace SseKit.Connections;

/// <summary>What a client has missed for good, and where it goes on.</summary>
/// <param name="position">Where it stood.</param>
/// <param name="page">The store's answer to that.</param>
/// <param name="policy">Where clients go on.</param>
internal readonly struct SseGap(SsePosition position, SseStorePage page, SseGapPolicy policy)
{
    public SsePosition Position => position;

    public long OldestHeld => page.State.OldestSequence;

    public bool IsExpired => page.Status == SseReadStatus.Expired;

    public SsePosition Next => policy == SseGapPolicy.Head
        ? page.State.Head
        : page.State.Head with { Sequence = OldestHeld - 1 };

    /// <summary>What the client is told.</summary>
    public string Data => IsExpired
        ? string.Create(CultureInfo.InvariantCulture, $$"""{"reason":"expired","missed":{{Next.Sequence - position.Sequence}}}""")
        : """{"reason":"unknown"}""";
}
