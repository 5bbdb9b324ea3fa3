using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SseKit.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SseKit.Redis.Tests;

public sealed class NotificationHealthTests : RedisTest
{
    [Fact]
    public async Task A_lost_subscription_is_degraded_until_it_returns()
    {
        string user = "health-" + Prefix.TrimEnd(':');
        await Server.ExecuteAsync("ACL", "SETUSER", user, "on", ">secret", $"~{Prefix}*", "allchannels", "+@all");
        KestrelApp app = await StartAsync(_ => { }, builder =>
        {
            builder.Services.AddHealthChecks().AddSse();
            builder.Services.AddSse().AddRedisEventStore(
                $"{Configuration},user={user},password=secret", options => options.KeyPrefix = Prefix);
        });
        await TestTimeout.UntilAsync(async () => await HealthAsync(app) == HealthStatus.Healthy && await IsSubscribedAsync());

        // The connections for commands are killed too, so a check can meet one of them.
        Logs.ExpectError(record =>
            record.Exception is RedisException && record.Category.EndsWith(nameof(HealthCheckService), StringComparison.Ordinal));

        // Without the right, the connection that was killed cannot subscribe again.
        await Server.ExecuteAsync("ACL", "SETUSER", user, "resetchannels");
        await KillAsync(user);
        await TestTimeout.UntilAsync(async () => await HealthAsync(app) == HealthStatus.Degraded);

        await Server.ExecuteAsync("ACL", "SETUSER", user, "allchannels");
        await KillAsync(user);
        await TestTimeout.UntilAsync(async () => await HealthAsync(app) == HealthStatus.Healthy);
    }

    private async Task<bool> IsSubscribedAsync() =>
        (long)((RedisResult[])(await Server.ExecuteAsync("PUBSUB", "NUMSUB", $"{Prefix}changes"))!)[1] == 1;

    private async Task KillAsync(string user) => await Server.ExecuteAsync("CLIENT", "KILL", "USER", user);

    private static async Task<HealthStatus> HealthAsync(KestrelApp app) =>
        (await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;
}
