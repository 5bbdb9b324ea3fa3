namespace SseKit.Replay;

/// <summary>The reason for which a run was stopped. The names appear in logs.</summary>
internal enum RunStop
{
    /// <summary>It was not stopped.</summary>
    None,

    /// <summary>The app stopped it, through any server.</summary>
    Requested,

    /// <summary>The app or another server has completed its topic.</summary>
    TopicCompleted,

    /// <summary>Its log was deleted, by the app or by the store's retention.</summary>
    TopicDeleted,

    /// <summary>No client has followed it for a while.</summary>
    WithoutFollowers,

    /// <summary>The handler aborted its request.</summary>
    Aborted,

    /// <summary>The host stops and no longer waits for it.</summary>
    Shutdown,

    /// <summary>Its events could not be recorded.</summary>
    Failed,

    /// <summary>Another server may run its topic.</summary>
    LeaseLost,
}
