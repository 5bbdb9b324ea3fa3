using System.Buffers;
using System.IO.Pipelines;

namespace SseKit.Benchmarks.Micro;

/// <summary>The compared ways to write events of one shape, each to a pipe that discards its bytes.</summary>
internal sealed class EventContenders
{
    private readonly EventCase _case;
    private readonly DroppingPipeWriter _pipe = new();
    private readonly SseEventWriter _events;
    private readonly Stream _stream;
    private readonly byte[] _ready;

    private EventContenders(EventCase eventCase, byte[] ready)
    {
        _case = eventCase;
        _ready = ready;
        _events = new SseEventWriter(_pipe);
        _stream = _pipe.AsStream(leaveOpen: true);
    }

    public static async Task<EventContenders> ForAsync(EventShape shape)
    {
        var eventCase = EventCase.Of(shape);
        using var one = new MemoryStream();
        await eventCase.WriteEachAsync(new SseEventWriter(one), 1);
        return new EventContenders(eventCase, one.ToArray());
    }

    public Task BareAsync(int count)
    {
        return WriteReadyBytesAsync(_pipe, _ready, count);

        static async Task WriteReadyBytesAsync(PipeWriter pipe, byte[] ready, int count)
        {
            for (int i = 0; i < count; i++)
            {
                pipe.Write(ready);
                await pipe.FlushAsync();
            }
        }
    }

    public Task WriteEachAsync(int count) => _case.WriteEachAsync(_events, count);

    public Task WriteAllAsync(int count) => _case.WriteAllAsync(_events, count);

    public Task FormatAllAsync(int count) => _case.FormatAllAsync(_stream, count);
}
