namespace SseKit.PostgreSql;

/// <summary>
/// Guesses how many events come together, so that a writer knows whether it is worth a moment to wait for those whose publishers it has just answered. Without it, publishers who publish again at
/// once fall into two halves that take turns, and each transaction carries one half. The queue's gate guards it.
/// </summary>
internal sealed class BatchWindow
{
    // Where publishers do not come back at once, one gathering in so many shows when they do.
    private const int LongestRest = 64;

    // Events that wait or are under way, the most that there were since gathering failed last, and how many were missing when it began.
    private int _pending;
    private int _expected;
    private int _missing;

    private int _rest;
    private int _restsLeft;

    public bool IsComplete => _pending >= _expected;

    public void Came()
    {
        _pending++;
        _expected = Math.Max(_expected, _pending);
    }

    public void CameBack(int events) => _pending += events;

    public void Left(int events) => _pending -= events;

    public bool TryBeginGathering()
    {
        // One that comes alone waits for nobody.
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
