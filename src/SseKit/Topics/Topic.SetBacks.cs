namespace SseKit.Topics;

/// <summary>Handles the loss of events that the store had acknowledged.</summary>
internal sealed partial class Topic
{
    // A follower that has missed more of them is treated as lost (I8): a superfluous gap is better than an unreported one (I5).
    private const int MaxSetBacks = 8;

    // The newest ends to which the log has gone back, the oldest first.
    private SsePosition[] _setBacks = [];
    private int _branch;

    /// <summary>How often the log has gone back behind its known end.</summary>
    public int Branch
    {
        get
        {
            lock (_gate)
            {
                return _branch;
            }
        }
    }

    /// <summary>
    /// The lowest sequence to which the log of an epoch has gone back since a follower was on a branch. Null if it has not.
    /// </summary>
    public long? SetBackSince(int branch, string epoch)
    {
        lock (_gate)
        {
            return SetBackSinceLocked(branch, epoch);
        }
    }

    /// <summary>The known end of the log. Taken before the store is read or changed, and compared with its answer.</summary>
    public TailMark Mark()
    {
        lock (_gate)
        {
            return new TailMark(_branch, _tail.Epoch, _tail.LastSequence);
        }
    }

    /// <summary>
    /// Compares the end of the log in the store's answer with the end that was known before. If the log has another epoch, the tail is
    /// reset. Each follower's position is then checked by the store, because the tail's events are of another epoch.
    /// </summary>
    public void Compare(TailMark before, SsePosition latest)
    {
        lock (_gate)
        {
            if (before.Branch == _branch && before.IsContradictedBy(latest))
            {
                SetBackLocked(latest);
            }
            else if (before.Epoch is not null && before.Epoch == _tail.Epoch && before.Epoch != latest.Epoch)
            {
                ResetLocked();
            }
            else
            {
                return;
            }

            _version++;
        }

        Dispatch();
    }

    /// <summary>
    /// Checks a follower's position before the follower reads the store. From now on the follower may read the tail again.
    /// </summary>
    /// <param name="subscription">The follower.</param>
    /// <param name="position">Its position.</param>
    /// <param name="isLost">Whether the position is among the events that the store has lost since the follower last checked.</param>
    /// <returns>The known end of the log, including the follower's position unless it is lost.</returns>
    public TailMark Rejoin(TopicSubscription subscription, SsePosition position, out bool isLost)
    {
        lock (_gate)
        {
            isLost = _branch - subscription.Branch > _setBacks.Length
                || position.Sequence > SetBackSinceLocked(subscription.Branch, position.Epoch);
            subscription.Branch = _branch;
            if (isLost)
            {
                return new TailMark(_branch, _tail.Epoch, _tail.LastSequence);
            }

            long last = position.Epoch == _tail.Epoch ? Math.Max(position.Sequence, _tail.LastSequence) : position.Sequence;
            return new TailMark(_branch, position.Epoch, last);
        }
    }

    private void SetBackLocked(SsePosition latest)
    {
        _branch++;
        _setBacks = [.. _setBacks.TakeLast(MaxSetBacks - 1), latest];
        ResetLocked();
    }

    private long? SetBackSinceLocked(int branch, string epoch)
    {
        long? lowest = null;
        foreach (SsePosition each in _setBacks.AsSpan(Math.Max(0, _setBacks.Length - (_branch - branch))))
        {
            lowest = each.Epoch == epoch && !(each.Sequence > lowest) ? each.Sequence : lowest;
        }

        return lowest;
    }
}
