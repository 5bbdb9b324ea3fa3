using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SseKit.Redis.Tests;

public sealed class RedisEventStoreOptionsTests
{
    [Fact]
    public void Every_fault_is_reported_at_once()
    {
        var options = new SseRedisEventStoreOptions
        {
            KeyPrefix = "a {tag}",
            MaxEventsPerTopic = 0,
            MaxBytesPerTopic = -1,
            MaxAge = TimeSpan.Zero,
            ForgetTopicsAfter = TimeSpan.FromDays(4000),
            UpkeepInterval = Timeout.InfiniteTimeSpan,
            PollInterval = TimeSpan.FromMilliseconds(1),
        };

        ValidateOptionsResult result = new RedisEventStoreOptionsValidator().Validate(null, options);

        Assert.Equal(
            ["KeyPrefix", "MaxEventsPerTopic", "MaxBytesPerTopic", "MaxAge", "ForgetTopicsAfter", "UpkeepInterval", "PollInterval"],
            result.Failures!.Select(fault => fault["SseRedisEventStoreOptions.".Length..].Split(' ')[0]));
    }

    [Theory]
    [InlineData("app:", true)]
    [InlineData("*", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a{b", false)]
    [InlineData("a}b", false)]
    [InlineData("a b", false)]
    [InlineData("\u00E9", false)]
    public void An_invalid_prefix_is_refused_at_start(string? prefix, bool isGood)
    {
        var options = new SseRedisEventStoreOptions { KeyPrefix = prefix! };

        Assert.Equal(isGood, new RedisEventStoreOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void The_defaults_and_infinite_times_are_valid()
    {
        var endless = new SseRedisEventStoreOptions
        {
            MaxAge = Timeout.InfiniteTimeSpan,
            ForgetTopicsAfter = Timeout.InfiniteTimeSpan,
        };

        Assert.True(new RedisEventStoreOptionsValidator().Validate(null, new SseRedisEventStoreOptions()).Succeeded);
        Assert.True(new RedisEventStoreOptionsValidator().Validate(null, endless).Succeeded);
    }

    [Fact]
    public void An_invalid_configuration_is_refused_at_registration()
    {
        ISseBuilder builder = new ServiceCollection().AddSse();

        Assert.ThrowsAny<ArgumentException>(() => builder.AddRedisEventStore("localhost,connectTimeout=soon"));
        Assert.ThrowsAny<ArgumentException>(() => builder.AddRedisEventStore(""));
    }
}
