using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.Replay;

namespace SseKit.Tests.Replay;

public sealed class EventStreamDecoderTests
{
    private const int MaxEventSize = 100;

    [Theory]
    [InlineData("data: 1\n\n", "data: 1\n")]
    [InlineData("data:1\r\rdata\r\n\r\n", "data: 1\n", "data: \n")]
    [InlineData("data:  1\ndata: 2\n\n", "data:  1\ndata: 2\n")]
    [InlineData("data: 1\nevent: a\nid: 7\nother: x\n: note\n\n", "event: a\ndata: 1\n")]
    [InlineData("event: message\ndata: 1\n\n", "event: message\ndata: 1\n")]
    [InlineData("event: a\nevent:\ndata: 1\n\n", "data: 1\n")]
    [InlineData("event: ping\n\ndata: 1\n\n", "data: 1\n")]
    [InlineData("\uFEFFdata: 1\n\n\uFEFFdata: 2\n\n", "data: 1\n")]
    [InlineData("id: 1\n\nretry: 2\n\n: data: 3\n\n")]
    [InlineData("data: 1\n")]
    public void Events_follow_the_specification(string stream, params string[] payloads) =>
        Assert.Equal(payloads, Decode(Encoding.UTF8.GetBytes(stream)).Select(Text));

    [Theory]
    [InlineData("retry: 5\ndata: 1\n\ndata: 2\n\n", "retry: 5\ndata: 1\n", "data: 2\n")]
    [InlineData("retry: 5\n\n\nretry: 007\n\nevent: a\ndata: 1\n\n", "event: a\nretry: 7\ndata: 1\n")]
    [InlineData("retry: 0\ndata: 1\n\n", "retry: 0\ndata: 1\n")]
    [InlineData("retry\nretry:\nretry: 1s\nretry: -1\nretry: 9999999999\nretry: 1\0\ndata: 1\n\n", "data: 1\n")]
    public void A_retry_time_goes_with_the_next_event(string stream, params string[] payloads) =>
        Assert.Equal(payloads, Decode(Encoding.UTF8.GetBytes(stream)).Select(Text));

    [Fact]
    public void Streams_cut_anywhere_have_the_events_of_the_specification() => Prop.ForAll(
        RandomStream.Generator.ToArbitrary(),
        chunks =>
        {
            byte[] stream = [.. chunks.SelectMany(chunk => chunk)];

            ReadOnlyMemory<byte>[] payloads = Decode(int.MaxValue, chunks);

            byte[] decoded = [.. payloads.SelectMany(payload => payload.ToArray().Append((byte)'\n'))];
            Assert.Equal(RandomStream.EventsOf(stream), RandomStream.EventsOf(decoded));
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("data: ")]
    [InlineData("data: 1\ndata: ")]
    [InlineData("event: ")]
    [InlineData("id: ")]
    public void Larger_data_is_refused_wherever_it_is_cut(string start)
    {
        byte[] stream = Encoding.UTF8.GetBytes(start + new string('x', MaxEventSize + 17) + "\n\n");

        foreach (int size in new[] { 1, 7, stream.Length })
        {
            Exception? refusal = Record.Exception(() => Decode([.. stream.Chunk(size)]));

            // In one piece, only data needs memory.
            bool isHeld = size < stream.Length || start.StartsWith("data", StringComparison.Ordinal);
            Assert.Equal(isHeld, refusal is ArgumentException);
        }
    }

    [Fact]
    public void Data_of_the_largest_size_passes_with_long_comments()
    {
        string stream = $": {new string('x', 1_000)}\ndata: {new string('y', 49)}\ndata: {new string('z', 50)}\n\n";

        ReadOnlyMemory<byte>[] payloads = Decode([.. Encoding.UTF8.GetBytes(stream).Chunk(3)]);

        Assert.Equal($"data: {new string('y', 49)}\ndata: {new string('z', 50)}\n", Text(Assert.Single(payloads)));
    }

    private static ReadOnlyMemory<byte>[] Decode(params byte[][] parts) => Decode(MaxEventSize, parts);

    private static ReadOnlyMemory<byte>[] Decode(int maxEventSize, byte[][] parts)
    {
        var decoder = new EventStreamDecoder(maxEventSize);
        List<ReadOnlyMemory<byte>> payloads = [];
        foreach (byte[] part in parts)
        {
            ReadOnlySpan<byte> rest = part;
            while (!rest.IsEmpty)
            {
                ReadOnlyMemory<byte> payload = decoder.ReadEvent(ref rest);
                if (!payload.IsEmpty)
                {
                    payloads.Add(payload);
                }
            }
        }

        return [.. payloads];
    }

    private static string Text(ReadOnlyMemory<byte> payload) => Encoding.UTF8.GetString(payload.Span);
}
