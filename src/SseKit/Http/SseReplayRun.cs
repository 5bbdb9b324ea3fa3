using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Http;

/// <summary>
/// One run of a handler, for a topic and for nobody in particular. Clients come and go; the run ends when the handler does, when the host's patience
/// does, or, by option, when nobody has followed for a while.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no parent; the timer is disposed when the run is over.")]
internal sealed class SseReplayRun(string topic, TimeSpan stopWithoutFollowersAfter, TimeProvider time) : IHttpRequestLifetimeFeature
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private ITimer? _linger;
    private int _followers;

    public string Topic { get; } = topic;

    public SseReplayResponse Response { get; } = new();

    /// <summary>Completes when the handler is through and its topic is complete.</summary>
    public Task Completion { get; set; } = Task.CompletedTask;

    public CancellationToken RequestAborted { get; set; }

    /// <summary>Fires when the run is to stop.</summary>
    public CancellationToken Stopping => _stop.Token;

    public bool IsStopped => _stop.IsCancellationRequested;

    public void Abort() => Stop();

    public void Stop() => _ = _stop.CancelAsync();

    public void Join()
    {
        lock (_gate)
        {
            _followers++;
            _linger?.Dispose();
            _linger = null;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            if (--_followers == 0 && stopWithoutFollowersAfter != Timeout.InfiniteTimeSpan)
            {
                _linger = time.CreateTimer(
                    static run => ((SseReplayRun)run!).Stop(), this, stopWithoutFollowersAfter, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>The run is over; nobody needs to stop it.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _linger?.Dispose();
            _linger = null;
        }
    }
}
