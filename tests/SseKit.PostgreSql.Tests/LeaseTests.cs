using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;

namespace SseKit.PostgreSql.Tests;

/// <summary>Many runs on one server, and another session that locks their leases.</summary>
public sealed class LeaseTests : PostgreSqlTest
{
    private const int Runs = 50;

    // A server that is late by more than two thirds of it loses its leases.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(6);

    private readonly ConcurrentBag<string> _started = [];
    private readonly ConcurrentBag<string> _ended = [];
    private readonly Signal _mayEnd = new();

    [Fact]
    public async Task A_locked_lease_row_ends_only_its_own_run()
    {
        KestrelApp a = await StartRunsAsync();
        KestrelApp b = await StartRunsAsync();
        StreamClient[] clients = await BeginRunsAsync(a);

        await using NpgsqlConnection holder = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await holder.BeginTransactionAsync();
        string lockText = $"select from {QuotedSchema}.leases where name = '\\x{NameOf("7")}' for update";
        await using (var locked = new NpgsqlCommand(lockText, holder))
        {
            await locked.ExecuteNonQueryAsync();
        }

        // The server loses the lease when it expires. Until the lock is released, no other server gets the lease.
        await Logs.WaitForAsync(record => record.Message.Contains("run 7 was stopped", StringComparison.Ordinal));
        await using StreamClient other = await StreamClient.OpenAsync(b.CreateClient(), "/run/7");
        Assert.Equal(["begins"], await other.TakeAsync(1));

        // The others are renewed for twice the duration of a lease.
        await using (var wait = new NpgsqlCommand($"select pg_sleep({2 * Lease.TotalSeconds})", holder))
        {
            await wait.ExecuteNonQueryAsync();
        }

        Assert.Equal(["7"], _ended);
        await transaction.RollbackAsync();
        Assert.Equal("ssekit.failed", Assert.Single(await clients[7].ReadToBreakAsync()).EventType);
        Assert.Equal("ssekit.failed", Assert.Single(await other.ReadToBreakAsync()).EventType);

        _mayEnd.Set();
        foreach (StreamClient client in clients.Where(client => client != clients[7]))
        {
            Assert.Equal(["ends"], await client.ReadToEndAsync());
        }

        // Each handler ran once.
        Assert.Equal(Runs, _started.Count);
        Assert.Equal(Runs, _started.Distinct().Count());
    }

    [Fact]
    public async Task Leases_are_renewed_in_few_statements_whatever_their_number()
    {
        KestrelApp app = await StartRunsAsync();
        await PublisherOf(app).PublishAsync("warm up", "the schema is there");
        await Server.ExecuteAsync($"""
            create table {QuotedSchema}.renewals (xid xid8);
            create function {QuotedSchema}.count_renewal() returns trigger language plpgsql as $$
            begin
                insert into {QuotedSchema}.renewals values (pg_current_xact_id());
                return null;
            end
            $$;
            create trigger count_renewals after update on {QuotedSchema}.leases for each row execute function {QuotedSchema}.count_renewal()
            """);
        await BeginRunsAsync(app);

        await Server.ExecuteAsync($"delete from {QuotedSchema}.renewals");
        await TestTimeout.UntilAsync(async () => await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.renewals") >= 3 * Runs);

        long statements = await Server.AskAsync<long>($"select count(distinct xid) from {QuotedSchema}.renewals");
        Assert.InRange(statements, 1, 12);
        _mayEnd.Set();
    }

    private Task<KestrelApp> StartRunsAsync() => StartAppAsync(endpoints: app =>
        app.MapSse("/run/{number}", async (string number, SseEventWriter events, CancellationToken cancellationToken) =>
        {
            _started.Add(number);
            try
            {
                await events.WriteAsync("begins", cancellationToken);
                await _mayEnd.WaitAsync(cancellationToken);
                await events.WriteAsync("ends", cancellationToken);
            }
            catch (OperationCanceledException)
            {
                _ended.Add(number);
                throw;
            }
        }).WithSseReplay(context => $"run {context.Request.RouteValues["number"]}", options => options.LeaseDuration = Lease));

    private static async Task<StreamClient[]> BeginRunsAsync(KestrelApp app)
    {
        StreamClient[] clients = await Task.WhenAll(
            Enumerable.Range(0, Runs).Select(run => StreamClient.OpenAsync(app.CreateClient(), $"/run/{run}")));
        foreach (StreamClient client in clients)
        {
            Assert.Equal(["begins"], await client.TakeAsync(1));
        }

        return clients;
    }

    private static string NameOf(string run) => Convert.ToHexString(TopicKey.Encode($"run {run}"));
}
