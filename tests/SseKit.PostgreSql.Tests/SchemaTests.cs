using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

public sealed class SchemaTests : PostgreSqlTest
{
    [Fact]
    public async Task Ten_servers_that_start_at_once_create_one_schema()
    {
        PostgreSqlEventStore[] stores = [.. Enumerable.Range(0, 10).Select(_ => OpenStore())];

        SseAppendResult[] appended = await Task.WhenAll(stores.Select(store => Task.Run(async () =>
            await store.AppendAsync("topic", Payload("event"), null, null, CancellationToken.None)))).OrTimeout();

        Assert.Equal(Enumerable.Range(1, 10).Select(number => (long)number), appended.Select(each => each.Position.Sequence).Order());
        Assert.Equal(256L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.seeds"));
    }

    [Fact]
    public async Task The_script_creates_a_usable_schema()
    {
        await Server.ExecuteAsync(SsePostgreSqlSchema.CreateScript(Schema));
        PostgreSqlEventStore store = OpenStore(options => options.CreateSchema = false);

        SseAppendResult appended = await store.AppendAsync("topic", Payload("event"), null, null, CancellationToken.None);

        Assert.Equal(1, appended.Position.Sequence);
    }

    [Theory]
    [InlineData("o'brien")]
    [InlineData("a$$b")]
    [InlineData("a$body$b$body1$")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("two\nlines")]
    [InlineData("{schema} {body}")]
    [InlineData("--a; /* $1 @b :c ")]
    [InlineData(" Stra\u00DFe \uD83D\uDE00")]
    public async Task A_schema_of_any_name_works(string schema)
    {
        string quoted = SsePostgreSqlSchema.Quote(schema);
        await using PostgreSqlEventStore store = OpenStore(options =>
        {
            options.Schema = schema;
            options.MaxEventsPerTopic = 1;
        });
        var notified = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using PostgreSqlEventStore other = OpenStore(options => options.Schema = schema);
        using IDisposable subscription = other.Subscribe(topic => _ = topic == "topic" && notified.TrySetResult());
        try
        {
            for (int i = 0; i < 2 || !notified.Task.IsCompleted; i++)
            {
                await store.AppendAsync("topic", Payload("event"), null, null, CancellationToken.None).OrTimeout();
            }

            await store.Upkeep.SweepAsync(CancellationToken.None);
            SseTopicState state = await other.GetStateAsync("topic", CancellationToken.None);
            Assert.Equal(state.Latest.Sequence, state.EarliestSequence);
            await store.CompleteAsync("topic", SseTopicStatus.Completed, new SsePosition(state.Latest.Epoch, 0), CancellationToken.None);
            await store.DeleteAsync("topic", state.Latest.Epoch, CancellationToken.None);
            Assert.Equal(0, (await other.GetStateAsync("topic", CancellationToken.None)).Latest.Sequence);
            SseLeaseResult grant = await store.TryAcquireLeaseAsync("topic", "owner", TimeSpan.FromMinutes(1), CancellationToken.None);
            Assert.Equal(SseLeaseResult.Granted, grant);
            await store.ReleaseLeaseAsync("topic", "owner", CancellationToken.None);
            Assert.Equal(SsePostgreSqlSchema.Version, await Server.AskAsync<int>($"select {quoted}.version()"));
        }
        finally
        {
            await Server.ExecuteAsync($"drop schema if exists {quoted} cascade");
        }
    }

    [Fact]
    public async Task A_missing_schema_without_CreateSchema_is_reported()
    {
        PostgreSqlEventStore store = OpenStore(options => options.CreateSchema = false);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await store.AppendAsync("topic", Payload("event"), null, null, CancellationToken.None));

        Assert.Contains("CreateScript", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_of_another_version_is_refused()
    {
        await Server.ExecuteAsync(SsePostgreSqlSchema.CreateScript(Schema));
        await Server.ExecuteAsync(
            $"create or replace function {QuotedSchema}.version() returns integer language sql as 'select 1000'");

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await OpenStore().GetStateAsync("topic", CancellationToken.None));

        Assert.Contains("1000", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_needs_only_rights_on_the_tables()
    {
        string role = $"app_{Guid.NewGuid():N}";
        await Server.ExecuteAsync(SsePostgreSqlSchema.CreateScript(Schema));
        await Server.ExecuteAsync($"""
            create role {role} login;
            grant usage on schema {QuotedSchema} to {role};
            grant select, insert, update, delete on all tables in schema {QuotedSchema} to {role}
            """);
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Username = role };
        await using var store = new PostgreSqlEventStore(
            DataSource.Own(settings.ConnectionString),
            new SsePostgreSqlEventStoreOptions { Schema = Schema },
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

        await store.AppendAsync("topic", Payload("event"), "key", null, CancellationToken.None);
        await store.CompleteAsync("topic", SseTopicStatus.Completed, null, CancellationToken.None);
        await store.DeleteAsync("topic", null, CancellationToken.None);
        await store.Upkeep.SweepAsync(CancellationToken.None);

        Assert.Equal(
            SseLeaseResult.Granted, await store.TryAcquireLeaseAsync("topic", "owner", TimeSpan.FromMinutes(1), CancellationToken.None));
    }

    [Fact]
    public async Task A_database_that_does_not_tell_its_timeline_works()
    {
        string name = $"hosted_{Guid.NewGuid():N}";
        await Server.ExecuteAsync($"create role {name} login");
        await Server.ExecuteAsync($"create database {name} owner {name}");
        var settings = new NpgsqlConnectionStringBuilder(Server.ConnectionString) { Database = name };
        await using (NpgsqlDataSource owner = NpgsqlDataSource.Create(settings.ConnectionString))
        await using (NpgsqlCommand revoke = owner.CreateCommand("revoke execute on function pg_walfile_name(pg_lsn) from public"))
        {
            await revoke.ExecuteNonQueryAsync();
        }

        settings.Username = name;
        await using (var store = new PostgreSqlEventStore(
            DataSource.Own(settings.ConnectionString),
            new SsePostgreSqlEventStoreOptions(),
            TimeProvider.System,
            Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance))
        {
            SseTopicState unused = await store.GetStateAsync("topic", CancellationToken.None);
            SseAppendResult appended = await store.AppendAsync("topic", Payload("event"), null, null, CancellationToken.None);

            Assert.Equal(unused.Latest with { Sequence = 1 }, appended.Position);
            Assert.Empty(unused.Forks);
        }

        await Server.ExecuteAsync($"drop database {name} with (force)");
    }

    [Fact]
    public async Task Reading_unused_topics_writes_nothing()
    {
        PostgreSqlEventStore store = OpenStore();

        for (int i = 0; i < 100; i++)
        {
            SseTopicState state = await store.GetStateAsync($"topic {i}", CancellationToken.None);
            await store.ReadAsync($"topic {i}", state.Latest, 10, CancellationToken.None);
        }

        Assert.Equal(0L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.topics"));
    }
}
