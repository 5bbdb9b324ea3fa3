using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>A server that stands still in the middle of a run, and whose clock stands with it, so that only the store can tell that another server runs the topic by now.</summary>
public sealed class LateWriterTests : PostgreSqlTest
{
    private readonly Signal _mayEnd = new();

    // Before its first event, before another, and before its end.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_a_server_that_stood_still_says_late_never_appears_in_the_newer_run(int standsBefore)
    {
        var store = new StandingStore(OpenStore(), standsBefore);
        KestrelApp late = await StartAsync(
            app => MapRun(app, "late", events => events.WriteAsync("late goes on")),
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
        await store.Stands.WaitAsync();
        await Server.ExecuteAsync($"update {QuotedSchema}.leases set expires_at = clock_timestamp() - interval '1 second'");

        await using StreamClient client = await StreamClient.OpenAsync(other.CreateClient(), "/run");
        Assert.Equal(["other begins"], await client.TakeAsync(1));
        store.GoesOn.Set();
        await Logs.WaitForAsync(record => record.Message.Contains("its lease is lost", StringComparison.Ordinal));
        _mayEnd.Set();

        Assert.Equal(["other ends"], await client.ReadToEndAsync());
        Assert.Equal(["other begins", "other ends"], await PublisherOf(other).ReadAsync("run").Select(item => item.Data).ToListAsync());
        Assert.Equal(SseTopicStatus.Completed, (await store.GetStateAsync("run", CancellationToken.None)).Status);
    }

    private static void MapRun(WebApplication app, string name, Func<SseEventWriter, ValueTask> goOn) => app.MapSse("/run", async (SseEventWriter events) =>
    {
        await events.WriteAsync($"{name} begins");
        await goOn(events);
    }).WithSseReplay("run", options => options.RerunPolicy = SseRerunPolicy.AfterFailure);
}
