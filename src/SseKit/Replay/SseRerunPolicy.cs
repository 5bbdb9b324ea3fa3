namespace SseKit;

/// <summary>Decides when a topic with a run may get another one. Its events are then deleted, and a new log begins.</summary>
public enum SseRerunPolicy
{
    /// <summary>Never, unless the store no longer holds the topic and the client has no last event id.</summary>
    Never,

    /// <summary>If the last run failed or was interrupted.</summary>
    AfterFailure,

    /// <summary>If the last run has ended for any reason. Choose it only for handlers that may run any number of times.</summary>
    AfterEnd,
}
