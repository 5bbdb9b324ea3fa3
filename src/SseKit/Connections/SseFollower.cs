using System.Globalization;
using Microsoft.Extensions.Logging;
using SseKit.Topics;

namespace SseKit.Connections;

/// <summary>
/// Follows topics on one connection. Live is replay that has caught up: the connection owns a position in each topic and reads what comes
/// after, from the topic's tail when near, from the store when far behind.
/// 1. look up where the topics stand, and from there where the client stopped;
/// 2. open the stream, with an event that carries the position;
/// 3. write what is newer, and say aloud what is missing;
/// 4. nothing newer: wait for news.
/// </summary>
internal sealed partial class SseFollower
{
    private const int PageSize = 256;

    // A part of a page for each flush (I8).
    private const int MaxEventsPerFlush = 128;

    // Browsers that are told nothing wait 3 seconds (Chromium) or 5 (Firefox).
    private static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(3);

    private readonly SseTopicServices _services;
    private readonly SseConnection _connection;
    private readonly SseNewsSignal _news = new();
    private readonly bool _isPlain;
    private readonly bool _hasTerminator;
    private SseFollowing? _following;
    private SseTopicSubscription[] _subscriptions = [];
    private SsePositionedWriter? _writer;

    public SseFollower(SseTopicServices services, SseConnection connection, SseFollowing following)
    {
        _services = services;
        _connection = connection;
        _following = following;
        _isPlain = following.IsPlain;
        _hasTerminator = following.HasTerminator;
    }

    private SsePositionedWriter Writer => _writer!;

    private SseRuntime Runtime => _connection.Runtime;

    private SseOptions Options => _connection.Options;

    /// <summary>Begins to follow, and opens the stream.</summary>
    /// <returns>False where there is no stream: it was refused, or nothing is left to read and nothing will come, and the client has been told so.</returns>
    public async ValueTask<bool> TryOpenAsync()
    {
        SseFollowing following = _following!;
        _subscriptions = [.. following.Topics.Select(topic => _services.Topics.Follow(topic, _news))];
        _connection.WakeAtEnd(_news);
        bool opened = false;
        try
        {
            // Step 1: where the topics stand, and where the client stopped.
            bool located = await TryLocateAsync(following);
            if (located && NothingWillCome(following))
            {
                _connection.AnswerComplete();
                return false;
            }

            // Step 2: the stream, whatever the store's health: an EventSource gives up for good on an error status.
            if (!await _connection.Output.TryOpenAsync())
            {
                return false;
            }

            if (!located)
            {
                await LocateWhenStoreIsBackAsync(following);
            }

            // Whoever waits for news may wait for days, and holds no more than it needs.
            _following = null;
            opened = true;
            return true;
        }
        finally
        {
            if (!opened)
            {
                Unfollow();
            }
        }
    }

    /// <summary>Follows until the connection ends, or all topics are complete and read. One method, because its state is all that an idle follower keeps.</summary>
    public async Task FollowAsync()
    {
        try
        {
            var open = new SseNotice(Writer, SseNotice.Open, Options.Retry ?? DefaultRetry, "");
            await _connection.Output.WriteAsync(open, flush: true, _connection.Ended);
            _connection.SetHeartbeat(Writer);
            await ReportUnknownAsync();
            while (true)
            {
                // Step 3: what is newer.
                bool progress = false;
                for (int i = 0; i < _subscriptions.Length; i++)
                {
                    progress |= _subscriptions[i].IsOpen ? await AdvanceAsync(i) : await TryBeginAnewAsync(i);
                }

                if (!Array.Exists(_subscriptions, topic => topic.IsOpen))
                {
                    await EndAsync();
                    return;
                }

                // Step 4: wait for news.
                if (!progress && TryWait())
                {
                    await _news.WaitAsync();
                    _connection.Ended.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            Unfollow();
        }
    }

    private void Unfollow()
    {
        foreach (SseTopicSubscription subscription in _subscriptions)
        {
            _services.Topics.Unfollow(subscription);
        }
    }

    // As long as such a gap is unsaid there is no id (I5), and events of other topics that went out without one would come twice.
    private async ValueTask ReportUnknownAsync()
    {
        for (int i = 0; i < _subscriptions.Length; i++)
        {
            if (Writer.Cursor[i] == SseResume.Nowhere)
            {
                await AdvanceFromStoreAsync(i, _subscriptions[i].Topic);
            }
        }
    }

    // A topic that has ended has news only where it begins anew, and only the store knows.
    private async ValueTask<bool> TryBeginAnewAsync(int i)
    {
        SseTopicSubscription subscription = _subscriptions[i];
        SseTopic topic = subscription.Topic;
        if (topic.Version == subscription.Seen)
        {
            return false;
        }

        subscription.Seen = topic.Version;
        subscription.Completion = SseTopicCompletion.Open;
        return await AdvanceFromStoreAsync(i, topic);
    }

    // Returns whether there was something.
    private async ValueTask<bool> AdvanceAsync(int i)
    {
        SseTopic topic = _subscriptions[i].Topic;
        SsePosition before = Writer.Cursor[i];
        _subscriptions[i].Seen = topic.Version;
        await _connection.Output.WriteAsync(new SseTailFrames(Writer, i, topic), flush: true, _connection.Ended);
        if (Writer.Cursor[i] != before)
        {
            return true;
        }

        return topic.MustAskStore(before) && await AdvanceFromStoreAsync(i, topic);
    }

    private async ValueTask<bool> AdvanceFromStoreAsync(int i, SseTopic topic)
    {
        SsePosition position = Writer.Cursor[i];
        SseStorePage page = await ReadPageAsync(topic.Name, position);
        if (page.Status != SseReadStatus.Ok)
        {
            await ReportGapAsync(i, topic.Name, position, page);
            return true;
        }

        if (page.Events.Count == 0)
        {
            _subscriptions[i].Completion = page.State.Completion;
            if (!_subscriptions[i].IsOpen)
            {
                return true;
            }

            // Not where the topic is completed: its other followers, who have not heard of that, would wait at its end.
            topic.CaughtUp(position, _subscriptions[i].Seen);
            return false;
        }

        SseStoredEvent[] events = page.Events as SseStoredEvent[] ?? [.. page.Events];
        for (int start = 0; start < events.Length; start += MaxEventsPerFlush)
        {
            ReadOnlyMemory<SseStoredEvent> part = events.AsMemory(start, Math.Min(MaxEventsPerFlush, events.Length - start));
            await _connection.Output.WriteAsync(
                new SsePageFrames(Writer, i, page.State.Head.Epoch, part), flush: true, _connection.Ended);
        }

        return true;
    }

    private async ValueTask ReportGapAsync(int i, string topic, SsePosition position, SseStorePage page)
    {
        bool expired = page.Status == SseReadStatus.Expired;
        SsePosition next = Options.GapPolicy == SseGapPolicy.Head
            ? page.State.Head
            : page.State.Head with { Sequence = page.State.OldestSequence - 1 };
        long missed = next.Sequence - position.Sequence;
        Runtime.Metrics.GapReported(_connection.Route, expired);
        Log.Gap(Runtime.Logger, topic, position, page.State.OldestSequence);
        if (_isPlain)
        {
            // No event can say so on such a stream, and silence must not (I5): it is broken off.
            _connection.End(SseEndReason.Failed);
            return;
        }

        string data = expired
            ? string.Create(CultureInfo.InvariantCulture, $$"""{"reason":"expired","missed":{{missed}}}""")
            : """{"reason":"unknown"}""";
        await _connection.Output.WriteAsync(new SseGapNotice(Writer, i, next, data), flush: true, _connection.Ended);
    }

    private async ValueTask EndAsync()
    {
        if (Array.Exists(_subscriptions, topic => topic.Completion == SseTopicCompletion.Failed))
        {
            await _connection.Output.WriteAsync(new SseFailureNotice(Writer), flush: true, _connection.Ended);
            _connection.End(SseEndReason.Failed);
            return;
        }

        if (Writer.PositionIsUnsaid)
        {
            // Who does not know that there is nothing left comes back for it again and again.
            await _connection.Output.WriteAsync(new SseNotice(Writer, SseNotice.Open, retry: null, ""), flush: true, _connection.Ended);
        }

        if (_hasTerminator)
        {
            _connection.End(SseEndReason.Completed);
        }
    }

    private bool TryWait()
    {
        foreach (SseTopicSubscription subscription in _subscriptions)
        {
            if (!subscription.Topic.TryWait(subscription, subscription.Seen))
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> TryLocateAsync(SseFollowing following)
    {
        try
        {
            await LocateAsync(following);
            return true;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            Log.StoreFailed(Runtime.Logger, exception);
            return false;
        }
    }

    private async ValueTask LocateAsync(SseFollowing following)
    {
        var states = new SseTopicState[following.Topics.Length];
        for (int i = 0; i < states.Length; i++)
        {
            _subscriptions[i].Seen = _subscriptions[i].Topic.Version;
            states[i] = await _services.Store.GetStateAsync(following.Topics[i], _connection.Ended);
        }

        SsePosition[] positions = SseResume.Positions(following.Topics, states, following.LastEventId, following.Start);
        for (int i = 0; i < states.Length; i++)
        {
            bool read = positions[i] == states[i].Head;
            _subscriptions[i].Completion = read ? states[i].Completion : SseTopicCompletion.Open;
        }

        SseEventTypeFilter? filter = following.EventTypes is { } wants ? new SseEventTypeFilter(wants) : null;
        _writer = new SsePositionedWriter(new SseCursor(following.Topics, positions), filter, _isPlain);
    }

    // A client that has read everything may have left right before it was told of a failure.
    private bool NothingWillCome(SseFollowing following) => Array.TrueForAll(
        _subscriptions,
        topic => topic.Completion == SseTopicCompletion.Completed
            || (topic.Completion == SseTopicCompletion.Failed && SseResume.KnowsOfFailure(following.LastEventId)));

    private async ValueTask LocateWhenStoreIsBackAsync(SseFollowing following)
    {
        var backoff = new SseStoreBackoff(Runtime.Time);
        do
        {
            await backoff.WaitAsync(_connection.Ended);
        }
        while (!await TryLocateAsync(following));
    }

    // A store that is out of order costs its followers time and no events: the stream stays open with heartbeats.
    private async ValueTask<SseStorePage> ReadPageAsync(string topic, SsePosition position)
    {
        var backoff = new SseStoreBackoff(Runtime.Time);
        while (true)
        {
            try
            {
                return await _services.Store.ReadAsync(topic, position, PageSize, _connection.Ended);
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                Log.StoreFailed(Runtime.Logger, exception);
            }

            await backoff.WaitAsync(_connection.Ended);
        }
    }

    // A store that gives up at a deadline of its own may say so by cancellation.
    private bool IsOutage(Exception exception) =>
        exception is not OperationCanceledException || !_connection.Ended.IsCancellationRequested;

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.ReplayGap, LogLevel.Warning, "Topic {Topic} cannot resume after {Position}; oldest is {Oldest}.")]
        public static partial void Gap(ILogger logger, string topic, SsePosition position, long oldest);

        [LoggerMessage(SseEventIds.StoreFailed, LogLevel.Warning, "The event store failed; the stream waits and tries again.")]
        public static partial void StoreFailed(ILogger logger, Exception exception);
    }
}
