using System.Diagnostics;
using System.Net.Sockets;

namespace SseKit.Benchmarks.Load;

/// <summary>Many clients of one stream, who read at once and tell when all of them have had all events.</summary>
internal sealed class Crowd : IDisposable
{
    private readonly List<CrowdMember> _members = [];
    private readonly Delays _delays = new();
    private readonly SemaphoreSlim _allReceived = new(0);
    private CrowdReader? _reader;
    private TimeSpan _cpuBefore;
    private long _missing;
    private long _last;

    /// <summary>Opens connections, each after the one before has had its first bytes.</summary>
    /// <param name="port">The server's.</param>
    /// <param name="path">The stream's.</param>
    /// <param name="count">How many.</param>
    /// <param name="timed">Whether each event's delay is wanted, which costs the clients more than reading it.</param>
    /// <returns>How many are open.</returns>
    public string Open(int port, string path, int count, bool timed)
    {
        byte[] request = RawRequest.Get(path);
        byte[] buffer = new byte[4096];
        for (int i = 0; i < count; i++)
        {
            Socket socket = RawRequest.Connect(port);
            socket.Send(request);
            int head = socket.Receive(buffer);
            if (head == 0)
            {
                throw new InvalidOperationException($"The server closed connection {i}.");
            }

            var member = new CrowdMember(socket, timed ? _delays : null, Received);
            member.Take(buffer.AsSpan(0, head));
            _members.Add(member);
        }

        _reader = new CrowdReader(_members);

        return _members.Count.ToString();
    }

    /// <summary>Announces how many events are to come for all together. Those that have come meanwhile count.</summary>
    public string Expect(long events)
    {
        _delays.Clear();
        _cpuBefore = Environment.CpuUsage.TotalTime;
        Add(events);
        return "0";
    }

    /// <summary>Waits for what was expected.</summary>
    /// <returns>When the last one came, the CPU time that the clients took, and the median, 99th percentile and maximum of the delays, in ticks of the system's clock.</returns>
    public string Wait()
    {
        _allReceived.Wait();
        TimeSpan cpu = Environment.CpuUsage.TotalTime - _cpuBefore;
        return $"{_last} {cpu.Ticks} {_delays.Percentile(0.5)} {_delays.Percentile(0.99)} {_delays.Percentile(1)}";
    }

    public string Release()
    {
        _reader?.Dispose();
        _reader = null;
        _members.ForEach(member => member.Dispose());
        _members.Clear();
        _missing = 0;
        return "0";
    }

    public void Dispose()
    {
        Release();
        _allReceived.Dispose();
    }

    private void Received(int events) => Add(-events);

    private void Add(long missing)
    {
        if (Interlocked.Add(ref _missing, missing) == 0)
        {
            _last = Stopwatch.GetTimestamp();
            _allReceived.Release();
        }
    }
}
