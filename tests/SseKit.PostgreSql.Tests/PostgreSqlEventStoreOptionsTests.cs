using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SseKit.PostgreSql.Tests;

public sealed class SsePostgreSqlStoreOptionsTests
{
    [Fact]
    public void Every_fault_is_reported_at_once()
    {
        var options = new SsePostgreSqlEventStoreOptions
        {
            Schema = new string('\u6771', 17),
            MaxEventsPerTopic = 0,
            MaxBytesPerTopic = -1,
            MaxAge = TimeSpan.Zero,
            ForgetTopicsAfter = TimeSpan.FromDays(4000),
            UpkeepInterval = Timeout.InfiniteTimeSpan,
            PollInterval = TimeSpan.FromMilliseconds(1),
        };

        ValidateOptionsResult result = new PostgreSqlEventStoreOptionsValidator().Validate(null, options);

        Assert.Equal(
            ["Schema", "MaxEventsPerTopic", "MaxBytesPerTopic", "MaxAge", "ForgetTopicsAfter", "UpkeepInterval", "PollInterval"],
            result.Failures!.Select(fault => fault["SsePostgreSqlEventStoreOptions.".Length..].Split(' ')[0]));
    }

    [Theory]
    [InlineData("o'brien", true)]
    [InlineData("a$$b", true)]
    [InlineData("PG_", true)]
    [InlineData("pg_events", false)]
    [InlineData("a\0b", false)]
    [InlineData("", false)]
    public void An_invalid_schema_name_is_refused_at_start(string schema, bool isGood)
    {
        Assert.Equal(isGood, IsGood(schema));
    }

    // An attribute's argument cannot contain such a text.
    [Fact]
    public void A_schema_with_half_a_surrogate_pair_is_refused() => Assert.False(IsGood("a half \uD83D"));

    [Fact]
    public void The_defaults_and_infinite_times_are_valid()
    {
        var endless = new SsePostgreSqlEventStoreOptions
        {
            MaxAge = Timeout.InfiniteTimeSpan,
            ForgetTopicsAfter = Timeout.InfiniteTimeSpan,
        };

        Assert.True(new PostgreSqlEventStoreOptionsValidator().Validate(null, new SsePostgreSqlEventStoreOptions()).Succeeded);
        Assert.True(new PostgreSqlEventStoreOptionsValidator().Validate(null, endless).Succeeded);
    }

    [Fact]
    public void An_invalid_connection_string_is_refused_at_registration()
    {
        ISseBuilder builder = new ServiceCollection().AddSse();

        Assert.Throws<ArgumentException>(() => builder.AddPostgreSqlEventStore("Hots=db"));
        Assert.Throws<ArgumentException>(() => builder.AddPostgreSqlEventStore(""));
    }

    private static bool IsGood(string schema) =>
        new PostgreSqlEventStoreOptionsValidator().Validate(null, new SsePostgreSqlEventStoreOptions { Schema = schema }).Succeeded;
}
