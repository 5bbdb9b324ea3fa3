using System.Buffers;
using System.Net.ServerSentEvents;
using BenchmarkDotNet.Attributes;
using SseKit.Writing;

namespace SseKit.Benchmarks.Micro;

/// <summary>Encodes one event, without a writer and its lock.</summary>
[MemoryDiagnoser]
public class FormatBenchmarks
{
    private readonly ArrayBufferWriter<byte> _output = new(16 * 1024);
    private EventFields _fields;
    private string _text = "";

    [Params("one line", "three lines", "1 KB")]
    public string Data { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _text = Data switch
        {
            "one line" => "tick 12345",
            "three lines" => "The first line of three,\nthe second\nand the third.",
            _ => new string('x', 1024),
        };
        _fields = EventFields.ForItem(new SseItem<string>(_text, "price") { EventId = "0123456789abcdef-42" });
    }

    [Benchmark(Baseline = true, Description = "data")]
    public long FormatData()
    {
        _output.ResetWrittenCount();
        return FrameFormatter.WriteEvent(_output, _text);
    }

    [Benchmark(Description = "type, data and id")]
    public long FormatFields()
    {
        _output.ResetWrittenCount();
        return FrameFormatter.WriteEvent(_output, _fields, _text);
    }
}
