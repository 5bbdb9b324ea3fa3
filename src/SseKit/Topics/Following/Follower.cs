using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>
/// Follows topics on one connection. Live is replay that has caught up: the connection owns a position in each topic and reads what comes
/// after, from the topic's tail when near, from the store when far behind.
/// 1. be admitted under the limits, then read the states of the topics, and from them the client's positions;
/// 2. open the stream, and report the position;
/// 3. write newer events, and report missing ones as a gap;
/// 4. wait for a change if there are none.
/// </summary>
internal sealed partial class Follower
{
    // What other topics hold when a topic ends the stream is sent too. A topic with ever new events must not keep the stream open (I8).
    private const int MaxLastPasses = 64;

    private readonly TopicServices _services;
    private readonly StreamConnection _connection;
    private readonly ChangeSignal _changed = new();
    private readonly bool _hasTerminator;
    private readonly IFollowProgress? _progress;
    private FollowRequest? _following;
    private SseReplayStart _start;
    private TopicSubscription[] _subscriptions = [];
    private PositionedWriter? _writer;
    private Gap?[]? _startGaps;
    private StoreBackoff? _backoff;
    private bool _failureWasRead;

    public Follower(TopicServices services, StreamConnection connection, FollowRequest following)
    {
        _services = services;
        _connection = connection;
        _following = following;
        _hasTerminator = following.HasTerminator;
        _progress = following.Progress;
    }

    /// <summary>The names of the topics, sorted.</summary>
    public string[] Topics => [.. _subscriptions.Select(subscription => subscription.Topic.Name)];

    private PositionedWriter Writer => _writer!;

    private RetryingStoreReader Store => new(_services, _connection);

    private FollowReports Reports => new(_connection, Writer);

    /// <summary>Begins to follow, and opens the stream.</summary>
    /// <returns>
    /// False if there is no stream: it was rejected, or nothing is left to read and nothing will follow, which was reported to the client.
    /// </returns>
    public async ValueTask<bool> TryOpenAsync()
    {
        FollowRequest following = _following!;
        _subscriptions = [.. following.Topics.Select(topic => _services.Topics.Follow(topic, _changed))];
        _connection.WakeAtEnd(_changed);
        bool opened = false;
        try
        {
            opened = await TryOpenAsync(following);

            // A follower may wait for days, so it must hold little memory.
            _following = null;
            return opened;
        }
        finally
        {
            if (!opened)
            {
                Unfollow();
            }
        }
    }

    /// <summary>
    /// Follows until the connection ends, or all topics are complete and read. One method, because its state is all that an idle follower
    /// keeps.
    /// </summary>
    public async Task FollowAsync()
    {
        try
        {
            // Step 2, on the open stream: the position. The retry line that opened the stream belongs to the block of the first event.
            await Reports.OpenAsync();
            await ReportGapsOfStartAsync();
            _progress?.Advanced(Writer.Cursor[0]);
            int lastPasses = 0;
            while (true)
            {
                // Step 3: write newer events.
                bool progress = false;
                for (int i = 0; i < _subscriptions.Length; i++)
                {
                    progress |= _subscriptions[i].IsOpen ? await AdvanceAsync(i) : await TryReopenAsync(i);
                }

                if (progress)
                {
                    _progress?.Advanced(Writer.Cursor[0]);
                }

                if (!Array.Exists(_subscriptions, topic => topic.IsOpen)
                    || (Array.Exists(_subscriptions, topic => topic.EndsNow) && (!progress || ++lastPasses > MaxLastPasses)))
                {
                    await EndAsync();
                    return;
                }

                // Step 4: wait for a change.
                if (!progress && TryWait())
                {
                    await _changed.WaitAsync();
                    _connection.Ended.ThrowIfCancellationRequested();
                    if (_connection.Reason == EndReason.Completed)
                    {
                        // Other code has completed the response.
                        return;
                    }
                }
            }
        }
        finally
        {
            Unfollow();
        }
    }

    private async ValueTask<bool> TryOpenAsync(FollowRequest following)
    {
        // Step 1: the limits are checked first, so that a refused client causes no read of the store (I10).
        if (await _connection.AdmitAsync() != RejectionReason.None)
        {
            return await _connection.Output.TryOpenAsync();
        }

        // Read the states. The version is taken before the store is read, so that later changes are read again.
        var known = new TailMark[_subscriptions.Length];
        for (int i = 0; i < known.Length; i++)
        {
            _subscriptions[i].Seen = _subscriptions[i].Topic.Version;
            known[i] = _subscriptions[i].Topic.Mark();
        }

        ValueTask<FollowStart?> answer = Store.TryReadStartAsync(following);
        Task<FollowStart?>? late = answer.IsCompleted ? null : answer.AsTask();
        FollowStart? start = late is null ? await answer : await Store.InTimeAsync(late);
        if (start is not null)
        {
            start.PassHiddenRests();
            following.TailIndex?.Invoke(start.TailIndex);
        }

        if (start is { NothingWillCome: true })
        {
            // The stream of a handler that has written events of its own is open, and complete without more.
            if (!_connection.IsOpen)
            {
                _connection.AnswerComplete();
            }

            return false;
        }

        // Step 2: open the stream even if the store is unavailable, because an EventSource never reconnects after an error status.
        if (!await _connection.Output.TryOpenAsync())
        {
            return false;
        }

        start ??= (late is null ? null : await late) ?? await Store.ReadStartWhenBackAsync(following);
        Begin(start, known);
        return true;
    }

    private void Begin(FollowStart start, TailMark[] known)
    {
        for (int i = 0; i < _subscriptions.Length; i++)
        {
            _subscriptions[i].Topic.Compare(known[i], start.Latest(i));
            _subscriptions[i].Beginning = start.Latest(i);
            _subscriptions[i].Status = start.CompletionRead(i);
            _subscriptions[i].EndsStream = start.EndsStream(i);
            _failureWasRead |= _subscriptions[i].Status == SseTopicStatus.Failed;
        }

        _start = start.Start;
        _writer = start.CreateWriter(_connection);
        _startGaps = start.Gaps(_connection.Options.GapPolicy);
    }

    private void Unfollow()
    {
        foreach (TopicSubscription subscription in _subscriptions)
        {
            _services.Topics.Unfollow(subscription);
        }
    }

    // Until an unknown position is reported, events have no id (I5). Events of other topics that are sent without an id would be delivered
    // twice.
    private async ValueTask ReportGapsOfStartAsync()
    {
        List<TopicGap> gaps = [];
        for (int i = 0; i < _startGaps!.Length; i++)
        {
            if (_startGaps[i] is { } gap)
            {
                _subscriptions[i].IsAfterGap = true;
                gaps.Add(new TopicGap(i, _subscriptions[i].Topic.Name, gap));
            }
        }

        _startGaps = null;
        if (gaps.Count > 0)
        {
            await Reports.ReportGapsAsync([.. gaps]);
        }
    }

    private async ValueTask EndAsync()
    {
        if (await Reports.TryReportFailureAsync(_subscriptions, _failureWasRead))
        {
            return;
        }

        await Reports.ReportEndAsync();
        if (_hasTerminator)
        {
            // The handler has written the final event of its answer.
            _connection.End(EndReason.Completed);
        }
    }

    private bool TryWait() => Array.TrueForAll(_subscriptions, static each => each.Topic.TryWait(each, each.Seen));
}
