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

    private readonly SseRuntime _runtime;
    private readonly SseTopicServices _services;
    private readonly SseConnection _connection;
    private readonly SseOptions _options;
    private readonly SseFollowing _following;
    private readonly SseNewsSignal _news = new();
    private readonly SseTopicSubscription[] _subscriptions;
    private readonly long[] _seen;
    private readonly SseTopicCompletion[] _ends;
    private SsePositionedWriter? _writer;

    public SseFollower(
        SseRuntime runtime, SseTopicServices services, SseConnection connection, SseOptions options, SseFollowing following)
    {
        _runtime = runtime;
        _services = services;
        _connection = connection;
        _options = options;
        _following = following;
        _subscriptions = [.. following.Topics.Select(topic => services.Topics.Follow(topic, _news))];
        _seen = new long[following.Topics.Length];
        _ends = new SseTopicCompletion[following.Topics.Length];
    }

    private SsePositionedWriter Writer => _writer!;

    /// <summary>Follows until the connection ends, or all topics are complete and read.</summary>
    /// <returns>False where nothing is left to read and nothing will come: the answer is 204, and no stream was opened.</returns>
    public async ValueTask<bool> RunAsync()
    {
        using CancellationTokenRegistration ended =
            _connection.Ended.UnsafeRegister(static news => ((SseNewsSignal)news!).Wake(), _news);
        try
        {
            // Step 1: where the topics stand, and where the client stopped.
            bool located = await TryLocateAsync();
            if (located && NothingWillCome())
            {
                return false;
            }

            // Step 2: the stream, whatever the store's health: an EventSource gives up for good on an error status.
            if (!await _connection.Output.TryOpenAsync())
            {
                return true;
            }

            if (!located)
            {
                await LocateWhenStoreIsBackAsync();
            }

            await FollowAsync();
            return true;
        }
        finally
        {
            foreach (SseTopicSubscription subscription in _subscriptions)
            {
                _services.Topics.Unfollow(subscription);
            }
        }
    }

    private async ValueTask FollowAsync()
    {
        await WriteNoticeAsync(SseNotice.Open, _options.Retry ?? DefaultRetry, "");
        _connection.SetHeartbeat(Writer);
        await ReportUnknownAsync();
        while (true)
        {
            // Step 3: what is newer.
            bool progress = false;
            for (int i = 0; i < _subscriptions.Length; i++)
            {
                progress |= _ends[i] == SseTopicCompletion.Open && await AdvanceAsync(i);
            }

            if (Array.TrueForAll(_ends, end => end != SseTopicCompletion.Open))
            {
                await EndAsync();
                return;
            }

            // Step 4: wait for news.
            if (!progress)
            {
                await WaitForNewsAsync();
            }
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

    // Returns whether there was something.
    private async ValueTask<bool> AdvanceAsync(int i)
    {
        SseTopic topic = _subscriptions[i].Topic;
        SsePosition before = Writer.Cursor[i];
        _seen[i] = topic.Version;
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
            _ends[i] = page.State.Completion;
            if (_ends[i] != SseTopicCompletion.Open)
            {
                return true;
            }

            // Not where the topic is completed: its other followers, who have not heard of that, would wait at its end.
            topic.CaughtUp(position, _seen[i]);
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
        SsePosition next = _options.GapPolicy == SseGapPolicy.Head
            ? page.State.Head
            : page.State.Head with { Sequence = page.State.OldestSequence - 1 };
        long missed = next.Sequence - position.Sequence;
        _runtime.Metrics.GapReported(_connection.Route, expired);
        Log.Gap(_runtime.Logger, topic, position, page.State.OldestSequence);
        string data = expired
            ? string.Create(CultureInfo.InvariantCulture, $$"""{"reason":"expired","missed":{{missed}}}""")
            : """{"reason":"unknown"}""";
        await _connection.Output.WriteAsync(new SseGapNotice(Writer, i, next, data), flush: true, _connection.Ended);
    }

    private async ValueTask EndAsync()
    {
        if (Array.Exists(_ends, end => end == SseTopicCompletion.Failed))
        {
            await WriteNoticeAsync(SseNotice.Failed, retry: null, "{}");
            _connection.End(SseEndReason.Failed);
        }
    }

    private async ValueTask WaitForNewsAsync()
    {
        for (int i = 0; i < _subscriptions.Length; i++)
        {
            if (_ends[i] == SseTopicCompletion.Open && !_subscriptions[i].Topic.TryWait(_subscriptions[i], _seen[i]))
            {
                return;
            }
        }

        await _news.WaitAsync();
        _connection.Ended.ThrowIfCancellationRequested();
    }

    private async ValueTask<bool> TryLocateAsync()
    {
        try
        {
            await LocateAsync();
            return true;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            Log.StoreFailed(_runtime.Logger, exception);
            return false;
        }
    }

    private async ValueTask LocateAsync()
    {
        var states = new SseTopicState[_following.Topics.Length];
        for (int i = 0; i < states.Length; i++)
        {
            states[i] = await _services.Store.GetStateAsync(_following.Topics[i], _connection.Ended);
        }

        SsePosition[] positions = SseResume.Positions(_following.Topics, states, _following.LastEventId, _following.Start);
        for (int i = 0; i < states.Length; i++)
        {
            bool read = positions[i] == states[i].Head;
            _ends[i] = read ? states[i].Completion : SseTopicCompletion.Open;
        }

        SseEventTypeFilter? filter = _following.EventTypes is { } wants ? new SseEventTypeFilter(wants) : null;
        _writer = new SsePositionedWriter(new SseCursor(_following.Topics, positions), filter);
    }

    // A client that has no id yet was never told of a failure.
    private bool NothingWillCome() => Array.TrueForAll(
        _ends, end => end == SseTopicCompletion.Completed || (end == SseTopicCompletion.Failed && _following.LastEventId is not null));

    private async ValueTask LocateWhenStoreIsBackAsync()
    {
        var backoff = new SseStoreBackoff(_runtime.Time);
        do
        {
            await backoff.WaitAsync(_connection.Ended);
        }
        while (!await TryLocateAsync());
    }

    // A store that is out of order costs its followers time and no events: the stream stays open with heartbeats.
    private async ValueTask<SseStorePage> ReadPageAsync(string topic, SsePosition position)
    {
        var backoff = new SseStoreBackoff(_runtime.Time);
        while (true)
        {
            try
            {
                return await _services.Store.ReadAsync(topic, position, PageSize, _connection.Ended);
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                Log.StoreFailed(_runtime.Logger, exception);
            }

            await backoff.WaitAsync(_connection.Ended);
        }
    }

    // A store that gives up at a deadline of its own may say so by cancellation.
    private bool IsOutage(Exception exception) =>
        exception is not OperationCanceledException || !_connection.Ended.IsCancellationRequested;

    private ValueTask WriteNoticeAsync(string eventType, TimeSpan? retry, string data) =>
        _connection.Output.WriteAsync(new SseNotice(Writer, eventType, retry, data), flush: true, _connection.Ended);

    private static partial class Log
    {
        [LoggerMessage(SseEventIds.ReplayGap, LogLevel.Warning, "Topic {Topic} cannot resume after {Position}; oldest is {Oldest}.")]
        public static partial void Gap(ILogger logger, string topic, SsePosition position, long oldest);

        [LoggerMessage(SseEventIds.StoreFailed, LogLevel.Warning, "The event store failed; the stream waits and tries again.")]
        public static partial void StoreFailed(ILogger logger, Exception exception);
    }
}
