using System.Text;

namespace SseKit.MiddlewareTests.Infrastructure;

/// <summary>One request of a client, and the bytes of its response as the client reads them.</summary>
internal sealed class RecordedCall(string request)
{
    private readonly Lock _gate = new();
    private readonly StringBuilder _response = new();
    private readonly List<(string Text, int Times, Signal Seen)> _waiting = [];

    public string Request => request;

    public string Response
    {
        get
        {
            lock (_gate)
            {
                return _response.ToString();
            }
        }
    }

    /// <summary>Waits until the response contains a text a number of times.</summary>
    public Task WaitForAsync(string text, int times)
    {
        var seen = new Signal();
        lock (_gate)
        {
            _waiting.Add((text, times, seen));
            SignalLocked();
        }

        return seen.WaitAsync();
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            _response.Append(Encoding.UTF8.GetString(bytes));
            SignalLocked();
        }
    }

    private void SignalLocked()
    {
        string response = _response.ToString();
        foreach ((string text, int times, Signal seen) in _waiting)
        {
            if (response.Split(text).Length > times)
            {
                seen.Set();
            }
        }
    }
}
