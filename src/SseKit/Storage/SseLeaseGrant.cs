namespace SseKit;

/// <summary>What became of the wish for a lease.</summary>
public enum SseLeaseGrant
{
    /// <summary>Another owner has it.</summary>
    Refused,

    /// <summary>It is this owner's. Nobody had it, or the last owner gave it back.</summary>
    Granted,

    /// <summary>It is this owner's. The last one let its time pass and never gave it back, and may not know yet that it is lost.</summary>
    TakenOver,
}
