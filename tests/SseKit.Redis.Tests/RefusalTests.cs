using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

/// <summary>Redis refuses commands: nothing is changed, and the message names the cause.</summary>
public sealed class RefusalTests : RedisTest
{
    [Fact]
    public async Task Out_of_memory_refuses_appends_and_nothing_else()
    {
        RedisEventStore store = OpenStore();
        await AppendAsync(store, "topic", "1");
        await AppendAsync(store, "deleted", "1");
        SseTopicState before = await StateAsync(store, "topic");

        await Server.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        RedisException refusal = await Assert.ThrowsAsync<RedisException>(() => AppendAsync(store, "topic", "2", key: "key"));
        Assert.StartsWith("Redis is out of memory", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, await StateAsync(store, "topic"));
        Assert.Equal("1", Text(Assert.Single((await store.ReadAsync(
            "topic", before.Latest with { Sequence = 0 }, 10, CancellationToken.None)).Events)));
        await store.DeleteAsync("deleted", null, CancellationToken.None);

        await Server.ExecuteAsync("CONFIG", "SET", "maxmemory", "0");
        Assert.Equal(before.Latest with { Sequence = 2 }, await AppendAsync(store, "topic", "2", key: "key"));
        Assert.Equal(0, (await StateAsync(store, "deleted")).Latest.Sequence);
    }

    [Fact]
    public async Task Out_of_memory_upkeep_frees_memory()
    {
        RedisEventStore store = OpenStore(options => options.MaxAge = TimeSpan.FromMilliseconds(1));
        SsePosition position = await AppendAsync(store, "topic", "1");
        await Server.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");

        await TestTimeout.UntilAsync(async () =>
        {
            await store.Upkeep.SweepAsync(CancellationToken.None);
            return (long)await Server.ExecuteAsync("XLEN", new KeySpace(Prefix).OfTopic("topic").All[5]) == 0;
        });

        Assert.Equal(2, (await StateAsync(store, "topic")).EarliestSequence);
        Assert.Equal(position, (await StateAsync(store, "topic")).Latest);
    }

    [Fact]
    public async Task A_replica_refuses_appends_until_it_is_promoted()
    {
        RedisEventStore store = OpenStore();
        SsePosition before = await AppendAsync(store, "topic", "1");

        await Server.ExecuteAsync("REPLICAOF", "127.0.0.1", "1");
        RedisException refusal = await Assert.ThrowsAsync<RedisException>(() => AppendAsync(store, "topic", "2"));
        Assert.StartsWith("The Redis server is a read-only replica", refusal.Message, StringComparison.Ordinal);
        await Server.ExecuteAsync("REPLICAOF", "NO", "ONE");

        SsePosition after = default;
        await TestTimeout.UntilAsync(async () =>
        {
            try
            {
                after = await AppendAsync(store, "topic", "2", key: "key");
                return true;
            }
            catch (RedisException)
            {
                return false;
            }
        });
        Assert.Equal(2, after.Sequence);
        Assert.Equal([before], (await StateAsync(store, "topic")).Forks);
    }

    // Concurrent appends of several topics are in one script.
    [Fact]
    public async Task An_error_of_one_topic_changes_no_other()
    {
        RedisEventStore store = OpenStore();
        await Server.ExecuteAsync("SET", new KeySpace(Prefix).OfTopic("broken").All[4], "no hash");

        Task<SsePosition>[] appends = [.. Enumerable.Range(0, 200)
            .Select(number => Task.Run(() => AppendAsync(store, $"topic {number % 50}", "1")))];
        Task<SsePosition>[] broken = [.. Enumerable.Range(0, 20).Select(_ => Task.Run(() => AppendAsync(store, "broken", "1")))];

        await Task.WhenAll(appends);
        foreach (Task<SsePosition> each in broken)
        {
            Assert.Contains("WRONGTYPE", (await Assert.ThrowsAnyAsync<RedisException>(() => each)).Message, StringComparison.Ordinal);
        }

        for (int i = 0; i < 50; i++)
        {
            Assert.Equal(4, (await StateAsync(store, $"topic {i}")).Latest.Sequence);
        }
    }

    [Theory]
    [InlineData("", "Redis requires a password")]
    [InlineData(",password=wrong", "Redis refused the user or the password")]
    public async Task A_missing_or_wrong_password_is_named(string configuration, string explanation)
    {
        await Server.ExecuteAsync("CONFIG", "SET", "requirepass", "secret");

        RedisException refusal = await Assert.ThrowsAnyAsync<RedisException>(
            () => AppendAsync(OpenStore(configuration: configuration), "topic", "1"));

        Assert.StartsWith(explanation, refusal.Message, StringComparison.Ordinal);
        await AppendAsync(OpenStore(configuration: ",password=secret"), "topic", "1");
    }

    // A publish of unknown outcome has to be repeated with a key.
    [Fact]
    public async Task A_server_that_is_not_reached_is_no_unknown_outcome()
    {
        RedisEventStore store = OpenStore();
        await Server.KillAsync();

        RedisException refusal = await Assert.ThrowsAnyAsync<RedisException>(() => AppendAsync(store, "topic", "1"));

        Assert.StartsWith("Failed to connect to Redis. Nothing was changed.", refusal.Message, StringComparison.Ordinal);
        await Server.StartAgainAsync();
        await TestTimeout.UntilAsync(async () =>
        {
            try
            {
                return (await AppendAsync(store, "topic", "1")).Sequence == 1;
            }
            catch (RedisException)
            {
                return false;
            }
        });
    }

    [Theory]
    [InlineData("READONLY You can't write against a read only replica.", "The Redis server is a read-only replica")]
    [InlineData("ERR Error running script: @user_script:12: -OOM command not allowed", "Redis is out of memory")]
    [InlineData("LOADING Redis is loading the dataset in memory", "Redis is loading its data")]
    [InlineData("NOPERM this user has no permissions to run the 'info' command", "The Redis user may not use")]
    [InlineData("TRYAGAIN Multiple keys request during rehashing of slot", "The topic's slot is moving")]
    [InlineData("BUSY Redis is busy running a script.", "Redis is busy with another script")]
    public void A_cause_is_explained_and_the_original_kept(string message, string explanation)
    {
        Exception explained = RedisErrors.Explain(new RedisServerException(RedisErrorKind.UnknownError, CommandFlags.None, message));

        Assert.StartsWith(explanation, explained.Message, StringComparison.Ordinal);
        Assert.Contains(message, explained.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CommandStatus.Sent, true)]
    [InlineData(CommandStatus.Unknown, true)]
    [InlineData(CommandStatus.WaitingToBeSent, false)]
    [InlineData(CommandStatus.WaitingInBacklog, false)]
    public void A_change_that_may_have_been_made_is_named(CommandStatus status, bool isUnknown)
    {
        Exception explained = RedisErrors.OfChange(new RedisTimeoutException(CommandFlags.None, "timeout", status));

        Assert.Equal(isUnknown, explained.Message.Contains("the outcome is unknown", StringComparison.Ordinal));
    }

    private protected override Task<RedisServer> StartServerAsync() => RedisServer.StartAsync();

    private protected override async Task EndServerAsync() => await Server.DisposeAsync();
}
