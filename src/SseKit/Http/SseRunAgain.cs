namespace SseKit;

/// <summary>When a topic that was fed by a run may be fed by another one. Its events are then forgotten and it begins anew.</summary>
public enum SseRunAgain
{
    /// <summary>Only when the store has forgotten the topic.</summary>
    Never,

    /// <summary>When the last run failed or was interrupted.</summary>
    AfterFailure,

    /// <summary>When the last run has ended, however.</summary>
    AfterEnd,
}
