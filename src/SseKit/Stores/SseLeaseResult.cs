namespace SseKit;

/// <summary>The result of a lease request.</summary>
public enum SseLeaseResult
{
    /// <summary>Another owner has it.</summary>
    Refused,

    /// <summary>It is this owner's. It was free: never taken, or released by its last owner.</summary>
    Granted,

    /// <summary>
    /// It is this owner's. The last owner did not release it before it expired, and may still be working without it.
    /// </summary>
    TakenOver,
}
