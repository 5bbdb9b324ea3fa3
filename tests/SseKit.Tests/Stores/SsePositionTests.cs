using FsCheck.Fluent;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>Last-Event-ID is untrusted: text that is no position is refused, and a position has one text only.</summary>
public sealed class SsePositionTests
{
    private const string LongestEpoch = "abcdefghijklmnopqrstuvwxyz012345";

    [Theory]
    [InlineData("a", 0)]
    [InlineData("a", 1)]
    [InlineData("A9z", 10)]
    [InlineData("007", 1_000_000)]
    [InlineData("0", long.MaxValue)]
    [InlineData(LongestEpoch, long.MaxValue)]
    public void The_text_of_a_position_reads_back(string epoch, long sequence)
    {
        var position = new SsePosition(epoch, sequence);

        Assert.True(SsePosition.TryParse(position.ToString(), out SsePosition read));
        Assert.Equal(position, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("a")]
    [InlineData("a-")]
    [InlineData("-1")]
    [InlineData("a--1")]
    [InlineData("a-+1")]
    [InlineData("a-01")]
    [InlineData("a-00")]
    [InlineData("a-1-1")]
    [InlineData("a-b-1")]
    [InlineData("a-1a")]
    [InlineData("a-1.0")]
    [InlineData("a-1e3")]
    [InlineData("a-1,000")]
    [InlineData("a-0x1")]
    [InlineData(" a-1")]
    [InlineData("a-1 ")]
    [InlineData("a -1")]
    [InlineData("a- 1")]
    [InlineData("a-1\n")]
    [InlineData("a-1\0")]
    [InlineData("a-1\0\0\0")]
    [InlineData("a-0\0")]
    [InlineData("a\0-1")]
    [InlineData("a_b-1")]
    [InlineData("a.b-1")]
    [InlineData("\u00E9-1")]
    [InlineData("\u0661-1")]
    [InlineData("a-\u0661")]
    [InlineData("a-1\u0661")]
    [InlineData("a\u20101")]
    [InlineData("\uD800-1")]
    [InlineData("a-9223372036854775808")]
    [InlineData("a-9999999999999999999")]
    [InlineData("a-10000000000000000000")]
    [InlineData("a-18446744073709551617")]
    [InlineData(LongestEpoch + "6-1")]
    [InlineData(LongestEpoch + "-10000000000000000000")]
    public void Other_text_is_refused(string? text) => Assert.False(SsePosition.TryParse(text, out _));

    [Fact]
    public void A_long_text_is_refused_by_its_length() => Assert.False(SsePosition.TryParse("a-" + new string('1', 10_000_000), out _));

    [Fact]
    public void No_two_texts_are_the_same_position() => Always.Holds(Texts(), text =>
    {
        if (SsePosition.TryParse(text, out SsePosition position))
        {
            Assert.Equal(text, position.ToString());
        }

        return Task.CompletedTask;
    });

    private static FsCheck.Gen<string> Texts() =>
        from parts in Gen.Elements("a", "Z", "0", "1", "9", "-", "-", "00", "\0", " ", "+", "\u0661", "9223372036854775807", "_").ArrayOf()
        select string.Concat(parts);
}
