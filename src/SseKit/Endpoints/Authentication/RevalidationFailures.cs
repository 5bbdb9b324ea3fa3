namespace SseKit.Endpoints.Authentication;

/// <summary>Remembers whether the evaluations of an endpoint fail, so that an outage is logged once and not for each stream.</summary>
internal sealed class RevalidationFailures
{
    private int _failed;

    public bool IsFirst() => Interlocked.Exchange(ref _failed, 1) == 0;

    public void Reset() => Volatile.Write(ref _failed, 0);
}
