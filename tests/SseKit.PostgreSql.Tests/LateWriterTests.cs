using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>
/// A server that is paused in the middle of a run, together with its clock, so that only the store can detect that another server now runs
/// the topic.
/// </summary>
public sealed class LateWriterTests : PostgreSqlTest
{
    private readonly Signal _mayEnd = new();

    // The pause is before the first event, before another event, and before the completion.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Late_writes_never_appear_in_a_newer_run(int pauseBefore)
    {
        var store = new PausedStore(OpenStore(), pauseBefore);
        KestrelApp late = await StartAsync(
            app => MapRun(app, "late", events => events.WriteAsync("late continues")),
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(new ManualTimeProvider()).AddSingleton<ISseEventStore>(store);
                builder.Services.AddSse();
            });
        KestrelApp other = await StartAppAsync(endpoints: app => MapRun(app, "other", async events =>
        {
            await _mayEnd.WaitAsync();
            await events.WriteAsync("other ends");
        }));
        await using StreamClient first = await StreamClient.OpenAsync(late.CreateClient(), "/run");
        await store.IsPaused.WaitAsync();
        await Server.ExecuteAsync($"update {QuotedSchema}.leases set expires_at = clock_timestamp() - interval '1 second'");

        await using StreamClient client = await StreamClient.OpenAsync(other.CreateClient(), "/run");
        Assert.Equal(["other begins"], await client.TakeAsync(1));
        store.Resume.Set();
        await Logs.WaitForAsync(record => record.Message.Contains("its lease is lost", StringComparison.Ordinal));
        _mayEnd.Set();

        Assert.Equal(["other ends"], await client.ReadToEndAsync());
        Assert.Equal(["other begins", "other ends"], await PublisherOf(other).ReadAsync("run").Select(item => item.Data).ToListAsync());
        Assert.Equal(SseTopicStatus.Completed, (await store.GetStateAsync("run", CancellationToken.None)).Status);
    }

    private static void MapRun(WebApplication app, string name, Func<SseEventWriter, ValueTask> end) =>
        app.MapSse("/run", async (SseEventWriter events) =>
        {
            await events.WriteAsync($"{name} begins");
            await end(events);
        }).WithSseReplay("run", options => options.RerunPolicy = SseRerunPolicy.AfterFailure);
}
