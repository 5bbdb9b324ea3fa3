using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;
using StackExchange.Redis.Profiling;

namespace SseKit.Redis.Tests;

public sealed class ConnectionTests : RedisTest
{
    [Fact]
    public async Task Apps_with_different_prefixes_share_nothing()
    {
        RedisEventStore one = OpenStore();
        RedisEventStore two = OpenStore(options => options.KeyPrefix = "two-" + Prefix);

        SsePosition first = await AppendAsync(one, "topic", "1");
        SsePosition second = await AppendAsync(two, "topic", "2");

        Assert.Equal((1, 1), (first.Sequence, second.Sequence));
        Assert.NotEqual(first.Epoch, second.Epoch);
    }

    [Fact]
    public async Task A_user_with_the_documented_rights_can_use_everything()
    {
        string name = "user-" + Prefix.TrimEnd(':');
        await Server.ExecuteAsync(
            "ACL", "SETUSER", name, "on", ">secret", $"~{Prefix}*", $"&{Prefix}*",
            "-@all", "+@read", "+@write", "+@scripting", "+@pubsub", "+@connection", "+info", "+time");
        KestrelApp a = await StartUserAppAsync();
        KestrelApp b = await StartUserAppAsync();
        await using StreamClient client = await FollowAsync(b, "room");

        await PublisherOf(a).PublishAsync("room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));
        await StoreOf(a).Upkeep.SweepAsync(CancellationToken.None);
        await StoreOf(a).TryAcquireLeaseAsync("run", "a", TimeSpan.FromMinutes(1), CancellationToken.None);
        await PublisherOf(a).CompleteAsync("room");
        Assert.Empty(await client.ReadToEndAsync());
        await PublisherOf(a).DeleteAsync("room");

        Task<KestrelApp> StartUserAppAsync() => StartAsync(
            app => Microsoft.AspNetCore.Builder.SseEndpointRouteBuilderExtensions.MapSse(
                app, "/follow", (string topics) => SseResults.Follow(topics.Split(','))),
            builder => builder.Services.AddSse().AddRedisEventStore(
                $"{Server.Configuration},user={name},password=secret", options =>
                {
                    options.KeyPrefix = Prefix;
                    options.PollInterval = TimeSpan.FromHours(1);
                }));
    }

    [Theory]
    [InlineData("resetchannels", "+@all")]
    [InlineData("allchannels", "+@all", "-publish")]
    [InlineData("allchannels", "+@all", "-subscribe")]
    public async Task A_user_without_the_channel_finds_changes_by_polling(params string[] rights)
    {
        string name = "silent-" + Prefix.TrimEnd(':');
        await Server.ExecuteAsync("ACL", ["SETUSER", name, "on", ">secret", $"~{Prefix}*", .. rights]);
        RedisEventStore silent = OpenStore(
            configuration: $",user={name},password=secret", logger: Logs.CreateLogger("SseKit.Redis"));
        var firstPoll = new Signal();
        var called = new Signal();
        using IDisposable subscription = silent.Subscribe(topic => (topic is null ? firstPoll : called).Set());
        await Logs.WaitForAsync(record => record.Id.Id == LogEventIds.NotificationsDoNotArrive);
        await firstPoll.WaitAsync();

        // Its own script may not publish either, and appends all the same.
        await AppendAsync(silent, "topic", "1");
        await called.WaitAsync();
    }

    [Fact]
    public async Task The_apps_own_connection_is_used_and_kept()
    {
        await using ConnectionMultiplexer own = await ConnectionMultiplexer.ConnectAsync(
            Server.Configuration + ",channelPrefix=app:,allowAdmin=true");
        KestrelApp a = await StartOwnAsync(own);
        KestrelApp b = await StartOwnAsync(own);
        await using StreamClient client = await FollowAsync(b, "room");
        await PublisherOf(a).PublishAsync("room", "1");
        Assert.Equal(["1"], await client.TakeAsync(1));
        await client.DisposeAsync();

        await a.DisposeAsync();
        await b.DisposeAsync();

        Assert.True(own.IsConnected);
        await TestTimeout.UntilAsync(async () =>
            (long)((RedisResult[])(await own.GetDatabase().ExecuteAsync("PUBSUB", "NUMSUB", $"app:{Prefix}changes"))!)[1] == 0);

        Task<KestrelApp> StartOwnAsync(IConnectionMultiplexer multiplexer) => StartAsync(
            app => Microsoft.AspNetCore.Builder.SseEndpointRouteBuilderExtensions.MapSse(
                app, "/follow", (string topics) => SseResults.Follow(topics.Split(','))),
            builder =>
            {
                builder.Services.AddSingleton(multiplexer);
                builder.Services.AddSse().AddRedisEventStore(
                    services => services.GetRequiredService<IConnectionMultiplexer>(), options =>
                    {
                        options.KeyPrefix = Prefix;
                        options.PollInterval = TimeSpan.FromHours(1);
                    });
            });
    }

    [Fact]
    public async Task A_connection_may_use_TLS()
    {
        string folder = Directory.CreateTempSubdirectory("ssekit-tls-").FullName;
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=localhost", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(
            TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        string certificateFile = Path.Combine(folder, "redis.crt");
        string keyFile = Path.Combine(folder, "redis.key");
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        int port = LoopbackPort.Take();
        await using RedisServer server = await RedisServer.StartAsync(
            "--tls-port", $"{port}", "--tls-auth-clients", "no",
            "--tls-cert-file", certificateFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certificateFile);
        ConfigurationOptions options = ConfigurationOptions.Parse($"127.0.0.1:{port},ssl=true,sslHost=localhost");
        options.CertificateValidation += (_, presented, _, _) => presented?.GetCertHashString() == certificate.GetCertHashString();
        await using ConnectionMultiplexer own = await ConnectionMultiplexer.ConnectAsync(options);
        KestrelApp app = await StartAsync(
            _ => { },
            builder => builder.Services.AddSse().AddRedisEventStore(_ => own, store => store.KeyPrefix = Prefix));

        await PublisherOf(app).PublishAsync("room", "1");

        Assert.Equal(1, (await StateAsync(StoreOf(app), "room")).Latest.Sequence);
        Directory.Delete(folder, recursive: true);
    }

    // As instrumentations do, such as OpenTelemetry's.
    [Fact]
    public async Task A_profiler_of_the_apps_connection_sees_the_commands()
    {
        await using ConnectionMultiplexer own = await ConnectionMultiplexer.ConnectAsync(Server.Configuration);
        var session = new ProfilingSession();
        own.RegisterProfiler(() => session);
        KestrelApp app = await StartAsync(
            _ => { },
            builder => builder.Services.AddSse().AddRedisEventStore(_ => own, options => options.KeyPrefix = Prefix));

        await PublisherOf(app).PublishAsync("room", "1");

        Assert.Contains(session.FinishProfiling(), command => command.Command.StartsWith("EVAL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_evicting_policy_is_reported_at_start()
    {
        await using RedisServer evicting = await RedisServer.StartAsync("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru");
        await using RedisEventStore store = new TestStores(evicting).Open(logger: Logs.CreateLogger("SseKit.Redis"));

        LogRecord warning = await Logs.WaitForAsync(record => record.Id.Id == LogEventIds.ServerEvicts);

        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("allkeys-lru", warning.Message, StringComparison.Ordinal);
    }
}
