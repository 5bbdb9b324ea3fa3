namespace SseKit;

/// <summary>
/// An optional capability of an <see cref="ISseEventStore"/> whose topics change without a call of this object: other servers write to it,
/// or it evicts topics. Thread-safe.
/// </summary>
public interface ISseTopicChangeSource
{
    /// <summary>
    /// Gets whether changes of other servers are notified. If they are not, because the connection for notifications was lost or the
    /// database passes none on, polls find the changes later. The health check is degraded then.
    /// </summary>
    /// <value>True for a source that needs no notifications, or has not lost its connection. The default is true.</value>
    bool ReceivesNotifications => true;

    /// <summary>
    /// Calls back when a topic may have changed without a call of this object. Calls may be late, repeated or without cause: the store's
    /// own answers are authoritative.
    /// </summary>
    /// <param name="topicChanged">Called with the topic's name, or null for any topic. It returns at once.</param>
    /// <returns>Ends the subscription when disposed.</returns>
    IDisposable Subscribe(Action<string?> topicChanged);
}
