namespace SseKit.Topics.Following;

/// <summary>How a follower moves forward in one topic: by the tail when near, by the store when far behind.</summary>
internal sealed partial class Follower
{
    // A topic that has ended changes only if it is reset, and only the store shows that.
    private async ValueTask<bool> TryReopenAsync(int i)
    {
        TopicSubscription subscription = _subscriptions[i];
        Topic topic = subscription.Topic;
        if (topic.Version == subscription.Seen)
        {
            return false;
        }

        subscription.Seen = topic.Version;
        subscription.Status = SseTopicStatus.Open;
        _failureWasRead = false;
        return await AdvanceFromStoreAsync(i);
    }

    // Returns whether there was something.
    private async ValueTask<bool> AdvanceAsync(int i)
    {
        Topic topic = _subscriptions[i].Topic;
        SsePosition before = Writer.Cursor[i];
        _subscriptions[i].Seen = topic.Version;
        await (_services.Metrics.MeasuresDeliveries ? WriteMeasuredTailAsync(i, _subscriptions[i]) : WriteTailAsync(i, _subscriptions[i]));
        if (Writer.Cursor[i] != before)
        {
            _subscriptions[i].IsAfterGap = false;
            return true;
        }

        return topic.MustReadStore(_subscriptions[i], before) && await AdvanceFromStoreAsync(i);
    }

    // Measured once for each flush, with the oldest event of it.
    private async ValueTask WriteMeasuredTailAsync(int i, TopicSubscription subscription)
    {
        // Looked up first: the tail may have dropped the event when a slow client has read it.
        SsePosition position = Writer.Cursor[i];
        long appendedAt = subscription.IsLive(position) ? subscription.Topic.AppendedAt(position) : TopicMetrics.NotMeasured;
        await WriteTailAsync(i, subscription);
        if (Writer.Events > 0)
        {
            _services.Metrics.Delivered(appendedAt);
        }
    }

    // Writes shared bytes if there are any, otherwise event by event.
    private ValueTask WriteTailAsync(int i, TopicSubscription subscription) =>
        Writer.SharesBursts && subscription.Topic.ReadBurst(subscription, Writer.Cursor[i]) is { Events: > 0 } run
            ? _connection.Output.WriteAsync(new BurstOperation(Writer, subscription, run), flush: true, _connection.Ended)
            : _connection.Output.WriteAsync(new TailOperation(Writer, i, subscription), flush: true, _connection.Ended);

    // Returns whether there was something.
    private async ValueTask<bool> AdvanceFromStoreAsync(int i)
    {
        TopicSubscription subscription = _subscriptions[i];
        CatchUpResult advance;
        _services.Metrics.FallsBehind();
        try
        {
            advance = await new CatchUp(Store, _connection, Writer, i, subscription, _start, _progress).AdvanceAsync();
        }
        finally
        {
            _services.Metrics.CatchesUp();
        }

        if (advance != CatchUpResult.Gap)
        {
            subscription.IsAfterGap = false;
            _backoff = null;
        }
        else if (subscription.IsAfterGap)
        {
            // Repeated gaps without an event between them are no progress, and must not keep a processor busy.
            _backoff ??= new StoreBackoff(_connection.Runtime.Time);
            await _backoff.WaitAsync(_connection.Ended);
        }
        else
        {
            subscription.IsAfterGap = true;
        }

        return advance != CatchUpResult.Nothing;
    }
}
