using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests.Notifications;

public sealed class NotificationHealthTests : PostgreSqlTest
{
    // The listener connects again only when it advances.
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task A_lost_notification_connection_is_degraded_until_it_returns()
    {
        KestrelApp app = await StartAsync(_ => { }, builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(_time);
            builder.Services.AddHealthChecks().AddSse();
            builder.Services.AddSse().AddPostgreSqlEventStore(StoreConnectionString, options => options.Schema = Schema);
        });
        var connected = new Signal();
        var store = (ISseTopicChangeSource)app.Services.GetRequiredService<ISseEventStore>();
        using IDisposable subscription = store.Subscribe(_ => connected.Set());
        await connected.WaitAsync();
        Assert.Equal(HealthStatus.Healthy, await HealthAsync(app));

        await Server.ExecuteAsync(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            + $"where query like '%pg_snapshot_xmin%{QuotedSchema}%' and pid <> pg_backend_pid()");
        await TestTimeout.UntilAsync(async () => await HealthAsync(app) == HealthStatus.Degraded);

        await TestTimeout.UntilAsync(async () =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return await HealthAsync(app) == HealthStatus.Healthy;
        });
    }

    private static async Task<HealthStatus> HealthAsync(KestrelApp app) =>
        (await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Status;
}
