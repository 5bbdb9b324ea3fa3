using System.Diagnostics;
using System.Net.Sockets;

namespace SseKit.Benchmarks.Load;

/// <summary>Many clients of one stream, which read at once and report when all of them have received all events.</summary>
internal sealed class ClientGroup : IDisposable
{
    private readonly List<GroupClient> _members = [];
    private readonly Delays _delays = new();
    private readonly SemaphoreSlim _allReceived = new(0);
    private GroupReader? _reader;
    private TimeSpan _cpuBefore;
    private long _missing;
    private long _last;

    /// <summary>Opens connections, each after the one before has received its first bytes.</summary>
    /// <param name="port">The server's port.</param>
    /// <param name="path">The stream's path.</param>
    /// <param name="count">The number of connections.</param>
    /// <param name="timed">Whether each event's delay is measured, which costs the clients more than reading it.</param>
    /// <returns>The number of open connections.</returns>
    public string Open(int port, string path, int count, bool timed)
    {
        byte[] request = RawRequest.Get(path, "Accept: text/event-stream\r\n");
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

            var member = new GroupClient(socket, timed ? _delays : null, Received);
            member.Take(buffer.AsSpan(0, head));
            _members.Add(member);
        }

        _reader = new GroupReader(_members);

        return _members.Count.ToString();
    }

    /// <summary>Sets the number of events that all clients together will receive. Events that have already arrived count.</summary>
    public string Expect(long events)
    {
        _delays.Clear();
        _cpuBefore = Environment.CpuUsage.TotalTime;
        Add(events);
        return "0";
    }

    /// <summary>Waits for the expected events.</summary>
    /// <returns>
    /// The time of the last event, the CPU time of the clients, and the median, 99th percentile and maximum of the delays, in ticks of the
    /// system's clock.
    /// </returns>
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
