using FsCheck;
using FsCheck.Fluent;

namespace SseKit.Tests.Writing;

/// <summary>Values that often contain text with a special meaning in the format.</summary>
internal static class WireValues
{
    private static readonly Gen<string> Fragment = Gen.Elements(
        "\r", "\n", "\r\n", "\n\n", "\n\r", "\0", "\u2028", "\u2029", "\u0085", "\v", "\f", "\ufeff", "\ud800", "\udc00", "\ud83d\ude00",
        " ", ":", ": ", "data: forged", "event: forged", "id: forged", "retry: 1", "\nid: 1\n\n", "\r\rdata:x\r\r", "a", "bc", "é", "東",
        "\"", "\\");

    private static readonly Gen<string> PrintableFragment = Gen.Choose(' ', '~').Select(code => ((char)code).ToString());

    /// <summary>Any text, with more dangerous fragments than others.</summary>
    public static Gen<string> Text { get; } =
        Gen.Frequency((9, Concat(Fragment, 0, 12)), (1, Concat(Gen.Choose(0, 0xFFFF).Select(code => ((char)code).ToString()), 0, 300)));

    /// <summary>Event types, most of which a writer accepts.</summary>
    public static Gen<string?> EventType { get; } = Gen.Frequency<string?>(
        (2, Gen.Elements(null, "", "message", "error", "Message", " message", "message ")),
        (3, Optional(Concat(PrintableFragment, 0, 8))),
        (1, Optional(Text)));

    /// <summary>Event ids, most of which a writer accepts.</summary>
    public static Gen<string?> EventId { get; } = Gen.Frequency<string?>(
        (2, Gen.Elements(null, "", "0", "epoch-42")),
        (4, Optional(Concat(PrintableFragment, 1, 6))),
        (1, Optional(Concat(PrintableFragment, 126, 130))),
        (1, Optional(Text)));

    /// <summary>Reconnection intervals in and out of bounds.</summary>
    public static Gen<TimeSpan?> Retry { get; } = Gen.Frequency<TimeSpan?>(
        (3, Gen.Constant((TimeSpan?)null)),
        (4, Gen.Choose(1, int.MaxValue).Select(milliseconds => (TimeSpan?)TimeSpan.FromMilliseconds(milliseconds))),
        (1, Gen.Choose(-20_000, 20_000).Select(ticks => (TimeSpan?)TimeSpan.FromTicks(ticks))),
        (1, Gen.Elements<TimeSpan?>(
            TimeSpan.Zero, TimeSpan.MinValue, TimeSpan.MaxValue, TimeSpan.FromDays(25), TimeSpan.FromMilliseconds(1))));

    public static Gen<byte[]> Bytes { get; } = Gen.Frequency(
        (1, Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf()),
        (1, Gen.Elements<byte>((byte)'\r', (byte)'\n', (byte)'a', 0xC3, 0xA9, 0xE2, 0x80, 0xA8, 0xF0, 0x9F, 0xFF, 0xED, 0xA0).ArrayOf()));

    private static Gen<string?> Optional(Gen<string> texts) => texts.Select(text => (string?)text);

    private static Gen<string> Concat(Gen<string> fragments, int minimum, int maximum) =>
        from count in Gen.Choose(minimum, maximum)
        from parts in fragments.ArrayOf(count)
        select string.Concat(parts);
}
