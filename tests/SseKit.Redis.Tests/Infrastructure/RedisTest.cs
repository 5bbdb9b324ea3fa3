using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace SseKit.Redis.Tests.Infrastructure;

/// <summary>A test with its own prefix of keys, apps that share it, and stores without an app.</summary>
public abstract class RedisTest : ServerTest
{
    private readonly List<RedisEventStore> _opened = [];
    private TestStores? _stores;

    private protected RedisServer Server { get; private set; } = null!;

    private protected string Prefix => _stores!.Prefix;

    /// <summary>The configuration that the apps use.</summary>
    private protected virtual string Configuration => Server.Configuration;

    public override async Task InitializeAsync()
    {
        Server = await StartServerAsync();
        _stores = new TestStores(Server);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (RedisEventStore store in _opened)
        {
            await store.DisposeAsync();
        }

        await EndServerAsync();
    }

    private protected virtual Task<RedisServer> StartServerAsync() => RedisServer.SharedAsync();

    private protected virtual Task EndServerAsync() => Task.CompletedTask;

    /// <summary>One server of an app: it follows at /follow?topics=a,b.</summary>
    private protected Task<KestrelApp> StartAppAsync(
        Action<SseRedisEventStoreOptions>? store = null,
        Action<WebApplication>? endpoints = null,
        Action<SseOptions>? options = null,
        string? configuration = null) => StartAsync(
        app =>
        {
            app.MapSse("/follow", (string topics) => SseResults.Follow(topics.Split(',')));
            endpoints?.Invoke(app);
        },
        builder => builder.Services.AddSse(options).AddRedisEventStore(configuration ?? Configuration, each =>
        {
            each.KeyPrefix = Prefix;

            // Polling is disabled in effect: the tests receive changes by notification, unless they test polling.
            each.PollInterval = TimeSpan.FromHours(1);
            each.UpkeepInterval = TimeSpan.FromHours(1);
            store?.Invoke(each);
        }));

    private protected RedisEventStore OpenStore(
        Action<SseRedisEventStoreOptions>? configure = null, string configuration = "", ILogger? logger = null)
    {
        RedisEventStore store = _stores!.Open(configure, configuration, logger);
        _opened.Add(store);
        return store;
    }

    private protected static async Task<SsePosition> AppendAsync(RedisEventStore store, string topic, string text, string? key = null) =>
        (await store.AppendAsync(
            new SseAppendRequest { Topic = topic, Payloads = [Payload(text)], IdempotencyKey = key }, CancellationToken.None)).Position;

    private protected static async Task<SseTopicState> StateAsync(RedisEventStore store, string topic) =>
        (await store.GetStatesAsync([topic], CancellationToken.None))[0];

    private protected static RedisEventStore StoreOf(KestrelApp app) =>
        (RedisEventStore)app.Services.GetRequiredService<ISseEventStore>();

    private protected static ISsePublisher PublisherOf(KestrelApp app) => app.Services.GetRequiredService<ISsePublisher>();

    private protected static Task<StreamClient> FollowAsync(KestrelApp app, string topics, string? lastEventId = null) =>
        StreamClient.OpenAsync(app.CreateClient(), $"/follow?topics={topics}", lastEventId);

    private protected static ReadOnlyMemory<byte> Payload(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private protected static string Text(SseStoredEvent stored) => System.Text.Encoding.UTF8.GetString(stored.Payload.Span);

    private protected static string[] Numbers(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).Select(number => $"{number}")];

    private protected RedisKey[] KeysOf(string topic) => new KeySpace(Prefix).OfTopic(topic).All;

    private protected async Task<long> LengthAsync(string command, int key) => (long)await Server.ExecuteAsync(command, KeysOf("topic")[key]);

    private protected async Task<int> CountKeysAsync(string pattern) =>
        ((RedisResult[])(await Server.ExecuteAsync("KEYS", Prefix + pattern))!).Length;

    internal static bool IsOutage(Exception exception) => exception is RedisException or TimeoutException;

    /// <summary>Gives the lease of a topic to another server: for the store, the server that had it has ended.</summary>
    private protected Task GiveLeaseAwayAsync(string topic) =>
        Server.ExecuteAsync("HSET", LeaseOf(topic), "owner", "another server", "expires_at", "9999999999999");

    private protected Task DeleteLeaseAsync(string topic) => Server.ExecuteAsync("DEL", LeaseOf(topic));

    private protected async Task DeleteEventAsync(string topic, long sequence)
    {
        RedisKey stream = KeysOf(topic)[5];
        var events = (RedisResult[])(await Server.ExecuteAsync("XRANGE", stream, sequence, sequence))!;
        await Server.ExecuteAsync("XDEL", stream, (string)((RedisResult[])events[0]!)[0]!);
    }

    /// <summary>Completes after a time by the clock of the server, which decides when leases expire.</summary>
    private protected async Task ServerTimeAsync(int seconds)
    {
        for (int i = 0; i < seconds; i++)
        {
            // No replica answers, so the command takes its whole time.
            await Server.ExecuteAsync("WAIT", "1", "1000");
        }
    }

    private string LeaseOf(string topic) => new KeySpace(Prefix).OfLease(topic).ToString();
}
