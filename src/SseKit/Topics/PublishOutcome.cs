namespace SseKit.Topics;

/// <summary>The outcome of an append, as metrics and traces name it.</summary>
internal readonly record struct PublishOutcome(string Name)
{
    public static PublishOutcome Of(SseAppendResult appended) => new(appended.IsNew ? "appended" : "known_key");

    /// <param name="failure">What the append threw.</param>
    /// <param name="cancellationToken">The caller's token.</param>
    public static PublishOutcome Of(Exception failure, CancellationToken cancellationToken) => failure switch
    {
        SseTopicCompletedException => new("completed"),
        SseStaleEpochException => new("stale"),
        OperationCanceledException when cancellationToken.IsCancellationRequested => new("cancelled"),
        _ => new("failed"),
    };
}
