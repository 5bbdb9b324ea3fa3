using System.Buffers;
using SseKit.Connections;

namespace SseKit.Topics;

/// <summary>The followers that wait for a change of the topic.</summary>
internal sealed partial class Topic : IThreadPoolWorkItem
{
    private TopicSubscription? _waiting;
    private int _waitingCount;
    private int _dispatching;

    /// <summary>Adds a listener to the list for the next change. Returns false if the topic has changed since this version.</summary>
    public bool TryWait(TopicSubscription subscription, long version)
    {
        lock (_gate)
        {
            if (_version != version)
            {
                return false;
            }

            if (!subscription.IsWaiting)
            {
                LinkLocked(subscription);
            }

            return true;
        }
    }

    public void StopWaiting(TopicSubscription subscription)
    {
        lock (_gate)
        {
            if (subscription.IsWaiting)
            {
                UnlinkLocked(subscription);
            }
        }
    }

    // A burst of publishes wakes the followers once: while this item is queued, further changes need not queue it again.
    void IThreadPoolWorkItem.Execute()
    {
        Interlocked.Exchange(ref _dispatching, 0);
        IWakeable[] listeners;
        int count = 0;
        lock (_gate)
        {
            listeners = ArrayPool<IWakeable>.Shared.Rent(_waitingCount);
            while (_waiting is { } subscription)
            {
                listeners[count++] = subscription.Listener;
                UnlinkLocked(subscription);
            }
        }

        for (int i = 0; i < count; i++)
        {
            listeners[i].Wake();
        }

        ArrayPool<IWakeable>.Shared.Return(listeners, clearArray: true);
    }

    private void Dispatch()
    {
        if (Interlocked.Exchange(ref _dispatching, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private void LinkLocked(TopicSubscription subscription)
    {
        subscription.IsWaiting = true;
        subscription.Previous = null;
        subscription.Next = _waiting;
        if (_waiting is not null)
        {
            _waiting.Previous = subscription;
        }

        _waiting = subscription;
        _waitingCount++;
    }

    private void UnlinkLocked(TopicSubscription subscription)
    {
        if (subscription.Previous is null)
        {
            _waiting = subscription.Next;
        }
        else
        {
            subscription.Previous.Next = subscription.Next;
        }

        if (subscription.Next is not null)
        {
            subscription.Next.Previous = subscription.Previous;
        }

        subscription.Previous = null;
        subscription.Next = null;
        subscription.IsWaiting = false;
        _waitingCount--;
    }
}
