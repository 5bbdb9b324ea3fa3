using SseKit.Writing;

namespace SseKit.Tests.Writing;

public sealed class Utf8ValueTests
{
    public static TheoryData<object, bool> Values => new()
    {
        { "a"u8.ToArray(), true },
        { new ReadOnlyMemory<byte>([97]), true },
        { new Memory<byte>([97]), true },
        { new sbyte[] { -1, 2 }, false },
        { new[] { ByteEnum.One }, false },
        { new List<byte> { 97 }, false },
        { new ArraySegment<byte>([97]), false },
    };

    private enum ByteEnum : byte
    {
        One = 1,
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Only_bytes_are_written_unchanged(object value, bool isUtf8)
    {
        Assert.Equal(isUtf8, Utf8Value.TryGet(value, out ReadOnlyMemory<byte> utf8));
        Assert.Equal(isUtf8, !utf8.IsEmpty);
    }

    [Fact]
    public void Arrays_of_other_types_are_written_as_json()
    {
        Assert.False(Utf8Value.TryGet((byte[])(object)new sbyte[] { -1 }, out _));
    }
}
