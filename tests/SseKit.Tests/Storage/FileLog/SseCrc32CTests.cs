using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

public sealed class SseCrc32CTests
{
    // RFC 3720, B.4, and the check value of the algorithm's catalogue.
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AA)]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43)]
    [InlineData("313233343536373839", 0xE3069283)]
    [InlineData("", 0)]
    public void Is_the_one_that_everybody_computes(string bytes, uint expected)
    {
        Assert.Equal(expected, ~SseCrc32C.Of(Convert.FromHexString(bytes)));
    }
}
