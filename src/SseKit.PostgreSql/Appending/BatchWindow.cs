namespace SseKit.PostgreSql;

/// <summary>
/// Estimates how many events arrive together, and so whether a writer waits for the publishers that have just received their results.
/// Without it, publishers that publish again at once fall into two halves that alternate, and each transaction carries one half. Guarded
/// by the queue's lock.
/// </summary>
internal sealed class BatchWindow
{
    // If publishers do not return at once, one window in this many detects when they do.
    private const int LongestRest = 64;

    // Events that wait or are being appended; their maximum since the last useless window; those that were missing when the window opened.
    private int _pending;
    private int _expected;
    private int _missing;

    private int _rest;
    private int _restsLeft;

    public bool IsComplete => _pending >= _expected;

    public void Added()
    {
        _pending++;
        _expected = Math.Max(_expected, _pending);
    }

    public void Returned(int events) => _pending += events;

    public void Removed(int events) => _pending -= events;

    public bool TryBeginGathering()
    {
        // A single publisher has no others to wait for.
        if (_expected < 2 || IsComplete)
        {
            return false;
        }

        if (_restsLeft > 0)
        {
            _restsLeft--;
            return false;
        }

        _missing = _expected - _pending;
        return true;
    }

    public void EndGathering()
    {
        bool worthwhile = _expected - _pending <= _missing / 2;
        _rest = worthwhile ? 0 : Math.Clamp(_rest * 2, 1, LongestRest);
        _restsLeft = _rest;
        _expected = worthwhile ? _expected : _pending;
    }
}
