using System.Buffers;
using System.Net.ServerSentEvents;

namespace SseKit.Benchmarks.Micro;

internal sealed class EventCase<T>(
    SseItem<T> item, Func<SseEventWriter, SseItem<T>, ValueTask> write, Action<SseItem<T>, IBufferWriter<byte>> format) : EventCase
{
    public override async Task WriteEachAsync(SseEventWriter events, int count)
    {
        for (int i = 0; i < count; i++)
        {
            await write(events, item);
        }
    }

    public override Task WriteAllAsync(SseEventWriter events, int count) =>
        events.WriteAllAsync(Items(count), CancellationToken.None).AsTask();

    public override Task FormatAllAsync(Stream output, int count) => SseFormatter.WriteAsync(Items(count), output, format);

    private async IAsyncEnumerable<SseItem<T>> Items(int count)
    {
        await ValueTask.CompletedTask;
        for (int i = 0; i < count; i++)
        {
            yield return item;
        }
    }
}
