using StackExchange.Redis;

namespace SseKit.Redis.Tests;

public sealed class KeySpaceTests
{
    private readonly KeySpace _keys = new("app:");

    [Theory]
    [InlineData("orders", "orders")]
    [InlineData("room:1/a@b.c_d~e-f", "room:1/a@b.c_d~e-f")]
    [InlineData("{1}", "%7B1%7D")]
    [InlineData("a b", "a%20b")]
    [InlineData("100%", "100%25")]
    [InlineData("\u00E9\0", "%C3%A9%00")]
    public void A_name_is_readable_in_its_keys(string name, string text) =>
        Assert.EndsWith($":topic:{text}", _keys.OfTopic(name).All[4].ToString(), StringComparison.Ordinal);

    [Fact]
    public void All_keys_of_a_topic_have_one_hash_tag()
    {
        foreach (string name in (string[])["orders", "{x}", "}{", "\uD83D", new('x', 256)])
        {
            string[] tags = [.. _keys.OfTopic(name).All.Append(_keys.OfLease(name)).Select(TagOf).Distinct()];
            Assert.InRange(int.Parse(Assert.Single(tags), System.Globalization.CultureInfo.InvariantCulture), 0, KeySpace.Buckets - 1);
        }
    }

    [Fact]
    public void Topics_are_spread_over_all_buckets()
    {
        int buckets = Enumerable.Range(0, 5000).Select(number => TagOf(_keys.OfTopic($"topic {number}").All[4])).Distinct().Count();

        Assert.Equal(KeySpace.Buckets, buckets);
    }

    [Fact]
    public void Keys_are_the_same_in_every_process() => Assert.Equal(
        ["app:{178}:bucket", "app:{178}:changes", "app:{178}:aged", "app:{178}:idle", "app:{178}:topic:orders", "app:{178}:events:orders",
            "app:{178}:keys:orders"],
        _keys.OfTopic("orders").All.Select(key => key.ToString()));

    private static string TagOf(RedisKey key)
    {
        string text = key.ToString();
        int begin = text.IndexOf('{', StringComparison.Ordinal) + 1;
        return text[begin..text.IndexOf('}', StringComparison.Ordinal)];
    }
}
