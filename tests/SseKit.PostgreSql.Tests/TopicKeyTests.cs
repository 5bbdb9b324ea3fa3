using System.Text;

namespace SseKit.PostgreSql.Tests;

public sealed class SseTopicKeyTests
{
    [Theory]
    [InlineData("room:42")]
    [InlineData("d\u00E9j\u00E0 \u6771\u4EAC \U0001F600")]
    public void A_valid_name_is_encoded_as_utf_8(string name) => Assert.Equal(Encoding.UTF8.GetBytes(name), TopicKey.Encode(name));

    [Theory]
    [InlineData("\0")]
    [InlineData("\uD83D")]
    [InlineData("\uDE00\uD83D")]
    [InlineData("\uD83Da")]
    [InlineData("a\uDFFF\uD800\uDFFF")]
    [InlineData("\uFFFD")]
    public void A_name_with_half_a_surrogate_pair_is_kept(string name) => Assert.Equal(name, TopicKey.Decode(TopicKey.Encode(name)));

    [Fact]
    public void Different_names_have_different_bytes()
    {
        var random = new Random(4711);
        char[] alphabet =
        [
            '\0', 'a', '\u007F', '\u0080', '\u07FF', '\u0800', '\uD800', '\uDBFF', '\uDC00', '\uDFFF', '\uE000', '\uFFFD', '\uFFFF',
        ];
        var names = new Dictionary<string, string>();
        for (int round = 0; round < 20_000; round++)
        {
            string name = new(random.GetItems(alphabet, random.Next(1, 6)));

            byte[] bytes = TopicKey.Encode(name);

            Assert.Equal(name, TopicKey.Decode(bytes));
            Assert.Equal(name, names.TryAdd(Convert.ToHexString(bytes), name) ? name : names[Convert.ToHexString(bytes)]);
        }
    }

    [Fact]
    public void The_longest_names_fit_into_an_index()
    {
        const int LargestIndexEntry = 2704;

        Assert.InRange(TopicKey.Encode(new string('\u6771', 256)).Length, 1, LargestIndexEntry);
    }
}
