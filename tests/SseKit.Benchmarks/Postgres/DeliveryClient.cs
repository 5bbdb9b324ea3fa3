using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SseKit.Benchmarks.Load;

namespace SseKit.Benchmarks.Postgres;

/// <summary>A client that follows a topic whose events contain the time of their publish.</summary>
internal sealed class DeliveryClient(SharedServer server, string topic) : IDisposable
{
    private readonly Socket _socket = RawRequest.Connect(server.Port);
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Creates the data of an event that is published now.</summary>
    public static string Now() => $"at {Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture)}";

    /// <summary>Completes when the stream is open.</summary>
    public async Task OpenAsync()
    {
        _socket.Send(RawRequest.Get($"/follow/{topic}"));
        await SkipAsync("ssekit.open");
    }

    /// <summary>Waits for the next event, and returns its delay in milliseconds.</summary>
    public async Task<double> TakeAsync()
    {
        await SkipAsync("data: at ");
        int line;
        while ((line = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n')) < 0)
        {
            await ReceiveAsync();
        }

        _ = Utf8Parser.TryParse(_buffer.AsSpan(_start, line), out long published, out _);
        _start += line;
        return Stopwatch.GetElapsedTime(published).TotalMilliseconds;
    }

    public void Dispose() => _socket.Dispose();

    private async Task SkipAsync(string text)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(text);
        int found;
        while ((found = _buffer.AsSpan(_start, _end - _start).IndexOf(wanted)) < 0)
        {
            await ReceiveAsync();
        }

        _start += found + wanted.Length;
    }

    private async Task ReceiveAsync()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        int received = await _socket.ReceiveAsync(_buffer.AsMemory(_end));
        _end += received > 0 ? received : throw new InvalidOperationException("The stream has ended.");
    }
}
