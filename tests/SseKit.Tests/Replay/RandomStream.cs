using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.Tests.Writing;

namespace SseKit.Tests.Replay;

/// <summary>Event streams as no careful handler would write them, in pieces.</summary>
internal static class RandomStream
{
    private static readonly byte[][] Pieces =
    [
        .. new[]
        {
            "\r", "\n", "\r\n", "\n\n", "\r\r", "data", "data:", ":", " ", "dat", "a: x", "datax", "data: one", "data: two\n\n",
            "event: two", "event: message", "event:", "event: ping\n\n", "id: 3", "id", "retry: 4", "retry: 4x", ": note", "\ufeff", "é",
            "\0", "data: {}\r\n\r\n", "",
        }.Select(Encoding.UTF8.GetBytes),
        [0xE2, 0x82], [0xFF],
    ];

    public static Gen<byte[][]> Generator => Gen.ArrayOf(Gen.Elements(Pieces));

    public static byte[][] Of(int seed)
    {
        var random = new Random(seed);
        return random.GetItems(Pieces, random.Next(1, 60));
    }

    /// <summary>The events that a client dispatches by the algorithm of the specification.</summary>
    public static (string Type, string Data)[] EventsOf(byte[] stream) =>
        [.. EventStreamReading.Of(stream).Events.Select(read => (read.Type, read.Data))];
}
