using SseKit.Replay.Leases;

namespace SseKit.Replay;

/// <summary>Counts the clients that follow the run, and stops it some time after the last has left.</summary>
internal sealed partial class ReplayRun
{
    // How often a run without followers on this server checks for those of other servers.
    private const int LooksPerLease = 3;

    private ITimer? _stopTimer;
    private int _followers;

    /// <summary>Gets the number of this server's clients that follow the run.</summary>
    public int Followers
    {
        get
        {
            lock (_gate)
            {
                return _followers;
            }
        }
    }

    public RunReader Join()
    {
        lock (_gate)
        {
            _followers++;
            _stopTimer?.Dispose();
            _stopTimer = null;
        }

        return pace.Join();
    }

    public void Leave(RunReader reader)
    {
        pace.Leave(reader);
        lock (_gate)
        {
            _followers--;
            StopLaterLocked(stopWithoutFollowersAfter);
        }
    }

    private void StopLaterLocked(TimeSpan duration)
    {
        if (_followers > 0 || _closed || !HasBegun || stopWithoutFollowersAfter == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        // The timer belongs to the run, not to the request that disconnected last.
        _stopTimer?.Dispose();
        using (ExecutionContext.SuppressFlow())
        {
            _stopTimer = time.CreateTimer(
                static run => _ = ((ReplayRun)run!).StopWithoutFollowersAsync(), this, duration, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task<bool> IsReadElsewhereAsync() => Lease is { } lease && await IsFollowedElsewhereAsync(lease);

    // A client may have joined, here or on another server.
    private async Task StopWithoutFollowersAsync()
    {
        bool isFollowed = Followers == 0 && Lease is { } lease && await IsFollowedElsewhereAsync(lease);
        lock (_gate)
        {
            if (isFollowed)
            {
                StopLaterLocked(Lease!.Duration / LooksPerLease);
            }
            else if (_followers == 0)
            {
                Stop(RunStop.WithoutFollowers);
            }
        }
    }

    // A failed request to the store is repeated.
    private async Task<bool> IsFollowedElsewhereAsync(TopicLease lease)
    {
        try
        {
            return await lease.IsFollowedElsewhereAsync(Stopping);
        }
        catch (Exception)
        {
            return true;
        }
    }
}
