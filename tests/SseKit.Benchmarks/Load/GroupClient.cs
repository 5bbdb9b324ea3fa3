using System.Diagnostics;
using System.Net.Sockets;

namespace SseKit.Benchmarks.Load;

/// <summary>One client: counts the marks in the bytes that it reads and, if requested, measures their delays.</summary>
internal sealed class GroupClient(Socket socket, Delays? delays, Action<int> received) : IDisposable
{
    private long _stamp;
    private int _digits = EventMark.Digits;

    public Socket Socket => socket;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        int events = delays is null ? bytes.Count(EventMark.Sign) : Time(bytes, delays);
        if (events > 0)
        {
            received(events);
        }
    }

    private int Time(ReadOnlySpan<byte> bytes, Delays delays)
    {
        int events = 0;
        long now = Stopwatch.GetTimestamp();
        while (true)
        {
            // A mark may be split between two reads.
            while (_digits < EventMark.Digits && !bytes.IsEmpty)
            {
                _stamp = (_stamp * 16) + EventMark.Value(bytes[0]);
                bytes = bytes[1..];
                if (++_digits == EventMark.Digits)
                {
                    delays.Add(now - _stamp);
                    events++;
                }
            }

            int mark = bytes.IndexOf(EventMark.Sign);
            if (mark < 0)
            {
                return events;
            }

            bytes = bytes[(mark + 1)..];
            _stamp = 0;
            _digits = 0;
        }
    }

    public void Dispose() => socket.Dispose();
}
