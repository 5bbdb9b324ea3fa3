using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

/// <summary>An operator or the connection string changes the defaults of sessions. They are the defaults of the app's statements.</summary>
public sealed class SessionSettingsTests : PostgreSqlTest
{
    private readonly string _application = $"app {Guid.NewGuid():N}";
    private string _settings = "";

    private protected override string StoreConnectionString => $"{Server.ConnectionString};Application Name={_application};{_settings}";

    [Theory]
    [InlineData("Options=-c default_transaction_isolation=serializable")]
    [InlineData("Options=-c default_transaction_isolation=repeatable\\ read")]
    [InlineData("Options=-c lock_timeout=1ms")]
    public async Task Concurrent_changes_of_two_servers_succeed(string settings)
    {
        _settings = settings;
        await using PostgreSqlEventStore a = OpenWithSettings();
        await using PostgreSqlEventStore b = OpenWithSettings();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => ChangeAsync(i % 2 == 0 ? a : b, $"topic {i % 4}")));
        SseLeaseResult[] leases = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i => await (i % 2 == 0 ? a : b)
            .TryAcquireLeaseAsync("lease", $"owner {i}", TimeSpan.FromMinutes(1), CancellationToken.None)));
        string owner = (await a.GetLeaseOwnerAsync("lease", CancellationToken.None))!;
        SseLeaseRenewal[] renewal = [new() { Topic = "lease", Owner = owner, Duration = TimeSpan.FromMinutes(1) }];
        IReadOnlyList<SseLeaseRenewalResult>[] renewals = await Task.WhenAll(Enumerable.Range(0, 16).Select(
            async i => await (i % 2 == 0 ? a : b).TryRenewLeasesAsync(renewal, CancellationToken.None)));
        await a.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Single(leases, SseLeaseResult.Granted);
        Assert.DoesNotContain(renewals, each => each[0] == SseLeaseRenewalResult.Lost);
    }

    [Fact]
    public async Task Every_call_works_after_idle_sessions_were_ended()
    {
        _settings = "Options=-c idle_session_timeout=100ms";
        await using PostgreSqlEventStore store = OpenWithSettings();

        for (int i = 1; i <= 3; i++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(topic => AppendAsync(store, $"topic {topic}")));
            await IdleSessionsEndedAsync();
            await AppendAsync(store, "topic 0");
            await IdleSessionsEndedAsync();
            Assert.Equal(2 * i, (await store.GetStateAsync("topic 0", CancellationToken.None)).Latest.Sequence);
            await IdleSessionsEndedAsync();
            await store.CompleteAsync($"completed {i}", SseTopicStatus.Completed, null, CancellationToken.None);
            await IdleSessionsEndedAsync();
            await store.TryAcquireLeaseAsync("lease", "owner", TimeSpan.FromMinutes(1), CancellationToken.None);
        }
    }

    [Fact]
    public async Task Multiplexing_of_the_apps_connection_string_is_not_used()
    {
        _settings = "Multiplexing=true";
        await using PostgreSqlEventStore store = OpenWithSettings();

        await AppendAsync(store, "topic");

        Assert.Equal(1, (await store.GetStateAsync("topic", CancellationToken.None)).Latest.Sequence);
    }

    [Fact]
    public async Task An_append_that_reports_an_error_was_not_appended()
    {
        await using PostgreSqlEventStore store = OpenWithSettings();
        await AppendAsync(store, "topic");
        using var done = new CancellationTokenSource();
        Task cancelling = CancelStatementsAsync(done.Token);
        List<string> failed = [];
        for (int i = 0; i < 400; i++)
        {
            try
            {
                await store.AppendAsync("topic", Payload($"{i}"), null, null, CancellationToken.None).AsTask().OrTimeout();
            }
            catch (PostgresException)
            {
                failed.Add($"{i}");
            }
            catch (NpgsqlException)
            {
                // The outcome is unknown, and reported so.
            }
        }

        await done.CancelAsync();
        await cancelling;

        PostgreSqlEventStore reader = OpenStore();
        SseTopicState state = await reader.GetStateAsync("topic", CancellationToken.None);
        SseReadResult all = await reader.ReadAsync("topic", state.Latest with { Sequence = 0 }, 1000, CancellationToken.None);
        Assert.Empty(failed.Intersect(all.Events.Select(Text)));
    }

    private PostgreSqlEventStore OpenWithSettings() => new(
        DataSource.Own(StoreConnectionString),
        new SsePostgreSqlEventStoreOptions { Schema = Schema, UpkeepInterval = TimeSpan.FromHours(1) },
        TimeProvider.System,
        NullLogger.Instance);

    private static async Task AppendAsync(PostgreSqlEventStore store, string topic) =>
        await store.AppendAsync(topic, Payload("event"), null, null, CancellationToken.None).AsTask().OrTimeout();

    private static async Task ChangeAsync(PostgreSqlEventStore store, string topic)
    {
        try
        {
            await AppendAsync(store, topic);
        }
        catch (SseTopicCompletedException)
        {
            // Another caller was first.
        }

        await store.CompleteAsync(topic, SseTopicStatus.Completed, null, CancellationToken.None).AsTask().OrTimeout();
        await store.DeleteAsync(topic, null, CancellationToken.None).AsTask().OrTimeout();
    }

    private Task IdleSessionsEndedAsync() => TestTimeout.UntilAsync(async () =>
        await Server.AskAsync<long>($"select count(*) from pg_stat_activity where application_name = '{_application}'") == 0);

    private async Task CancelStatementsAsync(CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            await Server.ExecuteAsync(
                $"select pg_cancel_backend(pid), pg_sleep(0.003) from pg_stat_activity where application_name = '{_application}'");
        }
    }
}
