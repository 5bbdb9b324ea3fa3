using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Text;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Writing;

public sealed class SseEventWriterConcurrencyTests
{
    private const int Writers = 16;
    private const int EventsEach = 250;

    [Theory]
    [InlineData(64)]
    [InlineData(64 * 1024)]
    public async Task Every_event_is_whole_and_each_writer_keeps_its_order(int pauseWriterThreshold)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: pauseWriterThreshold, resumeWriterThreshold: pauseWriterThreshold / 2));
        var events = new SseEventWriter(pipe.Writer);

        Task<string> reading = pipe.Reader.ReadToEndAsync();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(events, writer)))).OrTimeout();
        await pipe.Writer.CompleteAsync();
        SseItem<string>[] read = await ParseAsync(await reading);

        Assert.Equal(Writers * EventsEach, read.Length);
        foreach (IGrouping<string, SseItem<string>> ofWriter in read.GroupBy(item => item.EventType))
        {
            Assert.Equal(Enumerable.Range(0, EventsEach).Select(number => Data(ofWriter.Key, number)), ofWriter.Select(item => item.Data));
        }
    }

    private static async Task WriteAsync(SseEventWriter events, int writer)
    {
        string type = $"w{writer}";
        for (int number = 0; number < EventsEach; number++)
        {
            string data = Data(type, number);
            switch (number % 3)
            {
                case 0:
                    await events.WriteAsync(data, type);
                    break;
                case 1:
                    await events.WriteAsync(Encoding.UTF8.GetBytes(data), type);
                    break;
                default:
                    await events.WriteAllAsync([new SseItem<string>(data, type)]);
                    break;
            }

            await events.WriteCommentAsync($"{type} wrote\n{number}");
        }
    }

    private static string Data(string type, int number) => $"{type}\n{number}\n{new string('x', number)}";

    private static async Task<SseItem<string>[]> ParseAsync(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await SseParser.Create(stream).EnumerateAsync().ToArrayAsync();
    }
}
