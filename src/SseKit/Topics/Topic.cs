namespace SseKit.Topics;

/// <summary>
/// A topic that has followers: its tail, and the followers that wait for a change. Thread-safe. It exists as long as it has followers. The
/// store is authoritative; the tail only saves reads. If the store lost acknowledged events (a failover, a restored backup), the tail is
/// reset, and each follower's position is checked once before the follower reads on (<see cref="Rejoin"/>).
/// </summary>
internal sealed partial class Topic(string name, TimeProvider time, TopicMetrics metrics)
{
    // Concurrent publishers announce out of order. An early event waits for the event before it. Followers read any beyond these from
    // the store.
    private const int MaxEarly = 256;

    // The event before it may be from another server, whose events are not announced here.
    private static readonly TimeSpan EarlyTimeout = TimeSpan.FromMilliseconds(50);

    // With fewer followers, shared bytes cost more memory than they save work.
    private const int MinToShare = 8;

    private readonly Lock _gate = new();
    private readonly TopicTail _tail = new();
    private readonly SortedList<long, AppendedEvent> _early = [];
    private long _version;
    private bool _tailIsCurrent;
    private bool _completed;
    private int _followers;

    public string Name { get; } = name;

    /// <summary>The number of followers. The registry's lock guards changes.</summary>
    public int Followers
    {
        get => Volatile.Read(ref _followers);
        set => Volatile.Write(ref _followers, value);
    }

    /// <summary>Changes with each change of the topic.</summary>
    public long Version
    {
        get
        {
            lock (_gate)
            {
                return _version;
            }
        }
    }

    /// <summary>Announces events that are in the store (I2).</summary>
    /// <param name="last">The position of the last of them.</param>
    /// <param name="payloads">The events, which follow each other without a hole.</param>
    /// <param name="before">The end that was known before the append, or null if the topic had no followers then.</param>
    public void Announce(SsePosition last, IReadOnlyList<ReadOnlyMemory<byte>> payloads, TailMark? before = null)
    {
        long appendedAt = metrics.MeasuresDeliveries ? metrics.Now : TopicMetrics.NotMeasured;
        lock (_gate)
        {
            if (before is { } mark && mark.Branch != _branch)
            {
                // Only the store shows which branch the events are on.
                ResetLocked();
            }
            else if (!TryAddLocked(last, payloads, appendedAt, before))
            {
                return;
            }

            _version++;
        }

        Dispatch();
    }

    /// <summary>Whether an event was announced already, so that it is no change.</summary>
    public bool IsKnown(SsePosition position)
    {
        lock (_gate)
        {
            return IsKnownLocked(position);
        }
    }

    /// <summary>Wakes the followers to read the store, which may hold more than was announced here.</summary>
    /// <param name="mayHaveLost">
    /// Whether the store may also have lost events, as after a failover. The tail's end is kept, because the store's answers are compared
    /// with it.
    /// </param>
    public void AnnounceUnknown(bool mayHaveLost = false)
    {
        lock (_gate)
        {
            if (mayHaveLost)
            {
                _tail.DropEvents();
            }

            _tailIsCurrent = false;
            _version++;
        }

        Dispatch();
    }

    /// <summary>Announces that no more events will follow.</summary>
    public void AnnounceCompletion()
    {
        lock (_gate)
        {
            _completed = true;
            _version++;
        }

        Dispatch();
    }

    /// <summary>Copies the events after a position from the tail. Returns 0 if there are none, or the position is too far behind.</summary>
    public int ReadTail(TopicSubscription subscription, SsePosition after, Span<SseStoredEvent> events)
    {
        lock (_gate)
        {
            return subscription.Branch == _branch ? _tail.Read(after, events) : 0;
        }
    }

    /// <summary>
    /// Reads the events after a position as the wire carries them, in bytes that all followers of this topic alone share. Empty if there
    /// are none, the position is too far behind, or too few followers would share them.
    /// </summary>
    public BurstPart ReadBurst(TopicSubscription subscription, SsePosition after)
    {
        if (Followers < MinToShare)
        {
            return default;
        }

        lock (_gate)
        {
            return subscription.Branch == _branch ? _tail.ReadBurst(after) : default;
        }
    }

    /// <summary>
    /// When the event after a position was appended; <see cref="TopicMetrics.NotMeasured"/> if it is not known or not in the tail.
    /// </summary>
    public long AppendedAt(SsePosition after)
    {
        lock (_gate)
        {
            return _tail.AppendedAt(after);
        }
    }

    /// <summary>Whether the store must be read for the events after a position, because the tail had none.</summary>
    public bool MustReadStore(TopicSubscription subscription, SsePosition after)
    {
        lock (_gate)
        {
            return subscription.Branch != _branch || _completed || !_tailIsCurrent || !_tail.EndsAt(after);
        }
    }

    /// <summary>
    /// Marks the tail as current after a follower has read the store: the topic is open, and nothing follows this position. Does nothing
    /// if the topic has changed since this version.
    /// </summary>
    public void CaughtUp(SsePosition position, long version)
    {
        lock (_gate)
        {
            if (_version != version || !TryMoveTailLocked(position))
            {
                return;
            }

            _version++;
        }

        Dispatch();
    }

    // Returns whether that is a change for the other followers.
    private bool TryMoveTailLocked(SsePosition position)
    {
        if (position.Epoch != _tail.Epoch)
        {
            // It is another log, because a completed topic was reset.
            _early.Clear();
            _completed = false;
        }

        // A follower can read an event from the store before its publisher announces it. The others wait at the position before it,
        // and the later announcement is no change.
        bool overtaken = _tailIsCurrent && !_tail.EndsAt(position);
        _tail.BeginAt(position);
        _tailIsCurrent = true;
        return TryTakeEarlyLocked() || overtaken;
    }

    // Early events that now follow the last one go into the tail. Those at or before the last one are removed.
    private bool TryTakeEarlyLocked()
    {
        bool taken = false;
        while (_early.Count > 0 && _early.GetKeyAtIndex(0) <= _tail.LastSequence + 1)
        {
            AppendedEvent first = _early.GetValueAtIndex(0);
            taken |= _tail.TryAdd(new SsePosition(_tail.Epoch!, _early.GetKeyAtIndex(0)), first.Payload, first.AppendedAt);
            _early.RemoveAt(0);
        }

        return taken;
    }

    // Returns whether that is a change for the followers.
    private bool TryAddLocked(SsePosition position, AppendedEvent appended)
    {
        if (_tail.TryAdd(position, appended.Payload, appended.AppendedAt))
        {
            TryTakeEarlyLocked();
            return true;
        }

        if (IsKnownLocked(position))
        {
            // A repeated publish, or an event that a follower has read from the store, after which the others were woken.
            return false;
        }

        if (position.Epoch == _tail.Epoch && _early.Count < MaxEarly)
        {
            _early[position.Sequence] = appended;
            if (_early.Count == 1)
            {
                BackgroundWork.Start(ResetLaterAsync);
            }

            return false;
        }

        ResetLocked();
        return true;
    }

    // Returns whether that is a change for the followers.
    private bool TryAddLocked(SsePosition last, IReadOnlyList<ReadOnlyMemory<byte>> payloads, long appendedAt, TailMark? before)
    {
        SsePosition position = last with { Sequence = last.Sequence - payloads.Count };
        if (before is { } known && known.IsContradictedBy(position))
        {
            SetBackLocked(position);
        }

        bool isChange = false;
        for (int i = 0; i < payloads.Count; i++)
        {
            position = position with { Sequence = position.Sequence + 1 };
            isChange |= TryAddLocked(position, new AppendedEvent(payloads[i], appendedAt));
        }

        return isChange;
    }

    private bool IsKnownLocked(SsePosition position) => position.Epoch == _tail.Epoch && position.Sequence <= _tail.LastSequence;

    private async Task ResetLaterAsync()
    {
        await Task.Delay(EarlyTimeout, time);
        lock (_gate)
        {
            if (_early.Count == 0)
            {
                return;
            }

            ResetLocked();
            _version++;
        }

        Dispatch();
    }

    private void ResetLocked()
    {
        _early.Clear();
        _tail.Clear();
        _tailIsCurrent = false;
    }
}

/// <summary>An event that this process has appended.</summary>
/// <param name="Payload">Its payload.</param>
/// <param name="AppendedAt">When its append was done, or <see cref="TopicMetrics.NotMeasured"/>.</param>
internal readonly record struct AppendedEvent(ReadOnlyMemory<byte> Payload, long AppendedAt);
