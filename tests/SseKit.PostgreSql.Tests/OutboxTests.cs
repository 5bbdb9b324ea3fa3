using System.Net.ServerSentEvents;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SseKit.PostgreSql.Tests.Infrastructure;
using SseKit.StoreSpecification;

namespace SseKit.PostgreSql.Tests;

public sealed class OutboxTests : PostgreSqlTest
{
    [Fact]
    public async Task Committed_events_reach_the_followers_of_every_server()
    {
        KestrelApp a = await StartAppAsync();
        KestrelApp b = await StartAppAsync();
        await using StreamClient here = await FollowAsync(a, "orders");
        await using StreamClient there = await FollowAsync(b, "orders");

        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        string id = await PublisherOf(a).PublishAsync(
            "orders", new SseItem<string>("placed", "created"), new SsePublishOptions { Transaction = transaction });
        await transaction.CommitAsync();

        foreach (StreamClient client in (StreamClient[])[here, there])
        {
            SseItem<string> item = await client.NextAsync();
            Assert.Equal(("created", "placed", id), (item.EventType, item.Data, item.EventId ?? client.LastEventId));
        }
    }

    [Fact]
    public async Task A_rolled_back_event_is_never_visible()
    {
        KestrelApp app = await StartAppAsync();
        ISsePublisher publisher = PublisherOf(app);
        await publisher.PublishAsync("orders", "first");
        await using StreamClient client = await FollowAsync(app, "orders");

        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using (NpgsqlTransaction transaction = await connection.BeginTransactionAsync())
        {
            await publisher.PublishAsync("orders", new SseItem<string>("never"), new SsePublishOptions { Transaction = transaction });
            await publisher.PublishAsync(
                "orders",
                new SseItem<string>("never with a key"),
                new SsePublishOptions { Transaction = transaction, IdempotencyKey = "key" });
            await transaction.RollbackAsync();
        }

        string id = await publisher.PublishAsync("orders", new SseItem<string>("second"), new SsePublishOptions { IdempotencyKey = "key" });
        Assert.Equal(["second"], await client.TakeAsync(1));
        Assert.Equal(id, client.LastEventId);
        Assert.EndsWith("-2", id, StringComparison.Ordinal);
        Assert.Equal(["first", "second"], await publisher.ReadAsync("orders").Select(item => item.Data).ToListAsync());
    }

    [Fact]
    public async Task A_row_and_its_event_become_visible_together()
    {
        KestrelApp app = await StartAppAsync();
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await PublisherOf(app).PublishAsync("warm up", "the schema is there");
        await Server.ExecuteAsync($"create table {QuotedSchema}.orders (id integer)");

        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using var insert = new NpgsqlCommand($"insert into {QuotedSchema}.orders values (1)", connection);
        await insert.ExecuteNonQueryAsync();
        await PublisherOf(app).PublishAsync("orders", new SseItem<int>(1), new SsePublishOptions { Transaction = transaction });
        await using StreamClient client = await FollowAsync(app, "orders");
        await transaction.CommitAsync();

        Assert.Equal(["1"], await client.TakeAsync(1));
        Assert.Equal(1L, await Server.AskAsync<long>($"select count(*) from {QuotedSchema}.orders"));
    }

    // Its number was assigned before transactions that commit earlier began, so a reader that only keeps the highest number would lose it.
    [Fact]
    public async Task A_transaction_that_commits_late_is_never_skipped()
    {
        KestrelApp app = await StartAppAsync();
        ISsePublisher publisher = PublisherOf(app);
        await publisher.PublishAsync("orders", "1");
        await using StreamClient client = await FollowAsync(app, "orders");

        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await publisher.PublishAsync("orders", new SseItem<string>("2"), new SsePublishOptions { Transaction = transaction });
        Task<string>[] later = [.. Enumerable.Range(3, 5).Select(number => publisher.PublishAsync("orders", $"{number}").AsTask())];
        await publisher.PublishAsync("another topic", "is not held up");
        Assert.DoesNotContain(later, each => each.IsCompleted);
        await transaction.CommitAsync();

        await Task.WhenAll(later).OrTimeout();
        string[] received = await client.TakeAsync(6);
        Assert.Equal("2", received[0]);
        Assert.Equal(["2", "3", "4", "5", "6", "7"], received.Order());
    }

    [Fact]
    public async Task Many_locked_topics_delay_no_other_topic()
    {
        const int Locked = 20;
        PostgreSqlEventStore store = OpenStore();
        KestrelApp app = await StartAppAsync();
        var transactions = new List<NpgsqlTransaction>();
        for (int i = 0; i < Locked; i++)
        {
            await store.AppendAsync($"locked {i}", Payload("first"), null, null, CancellationToken.None);
            NpgsqlConnection connection = await Source.OpenConnectionAsync();
            transactions.Add(await connection.BeginTransactionAsync());
            await PublisherOf(app).PublishAsync(
                $"locked {i}", new SseItem<string>("in a transaction"), new SsePublishOptions { Transaction = transactions[i] });
        }

        Task<SseAppendResult>[] waiting = [.. Enumerable.Range(0, Locked).Select(
            number => store.AppendAsync($"locked {number}", Payload("after"), null, null, CancellationToken.None).AsTask())];
        Task completing = store.CompleteAsync("locked 0", SseTopicStatus.Completed, null, CancellationToken.None).AsTask();
        for (int i = 0; i < 50; i++)
        {
            await store.AppendAsync($"free {i % 5}", Payload("event"), null, null, CancellationToken.None).OrTimeout();
        }

        await store.CompleteAsync("free 0", SseTopicStatus.Completed, null, CancellationToken.None).OrTimeout();
        Assert.DoesNotContain(waiting, each => each.IsCompleted);
        foreach (NpgsqlTransaction transaction in transactions)
        {
            NpgsqlConnection connection = transaction.Connection!;
            await transaction.CommitAsync();
            await connection.DisposeAsync();
        }

        await completing.OrTimeout();
        SseAppendResult[] appended = await Task.WhenAll(waiting.Skip(1)).OrTimeout();
        Assert.All(appended, each => Assert.Equal(3, each.Position.Sequence));
    }

    [Fact]
    public async Task A_new_topic_waits_for_an_open_transaction()
    {
        PostgreSqlEventStore store = OpenStore();
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await store.GetStateAsync("topic", CancellationToken.None);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await store.AppendAsync(transaction, StoreCalls.Request("topic", [Payload("1")]), CancellationToken.None);

        Task<SseAppendResult> other = store.AppendAsync("topic", Payload("2"), null, null, CancellationToken.None).AsTask();
        await store.AppendAsync("another topic", Payload("is not held up"), null, null, CancellationToken.None).OrTimeout();
        await transaction.RollbackAsync();

        Assert.Equal(1, (await other.OrTimeout()).Position.Sequence);
    }

    [Fact]
    public async Task Publishing_to_a_completed_topic_keeps_the_transaction_usable()
    {
        KestrelApp app = await StartAppAsync();
        ISsePublisher publisher = PublisherOf(app);
        await publisher.CompleteAsync("orders");
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();

        await Assert.ThrowsAsync<SseTopicCompletedException>(
            async () => await publisher.PublishAsync(
                "orders", new SseItem<string>("late"), new SsePublishOptions { Transaction = transaction }));

        await publisher.PublishAsync(
            "another topic", new SseItem<string>("continues"), new SsePublishOptions { Transaction = transaction });
        await transaction.CommitAsync();
        Assert.Single(await publisher.ReadAsync("another topic").ToListAsync());
    }

    [Fact]
    public async Task A_rolled_back_savepoint_removes_its_events()
    {
        KestrelApp app = await StartAppAsync();
        ISsePublisher publisher = PublisherOf(app);
        await publisher.PublishAsync("orders", "1");
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();

        await publisher.PublishAsync("orders", new SseItem<string>("2"), new SsePublishOptions { Transaction = transaction });
        await transaction.SaveAsync("here");
        await publisher.PublishAsync("orders", new SseItem<string>("taken back"), new SsePublishOptions { Transaction = transaction });
        await transaction.RollbackAsync("here");
        await publisher.PublishAsync("orders", new SseItem<string>("3"), new SsePublishOptions { Transaction = transaction });
        await transaction.CommitAsync();

        Assert.Equal(["1", "2", "3"], await publisher.ReadAsync("orders").Select(item => item.Data).ToListAsync());
    }

    [Fact]
    public async Task Values_are_checked_as_in_any_publish()
    {
        KestrelApp app = await StartAppAsync();
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await PublisherOf(app).PublishAsync(
                "", new SseItem<string>("data"), new SsePublishOptions { Transaction = transaction }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await PublisherOf(app).PublishAsync(
                "topic", new SseItem<string>("data", "a\nb"), new SsePublishOptions { Transaction = transaction }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await PublisherOf(app).PublishAsync(
                "topic", new SseItem<string>("data") { EventId = "1" }, new SsePublishOptions { Transaction = transaction }));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await PublisherOf(app).PublishAsync(
                "topic",
                new SseItem<string>("data"),
                new SsePublishOptions { Transaction = transaction, IdempotencyKey = new string('x', 257) }));
    }

    [Fact]
    public async Task An_ended_transaction_and_the_memory_store_are_refused()
    {
        KestrelApp app = await StartAppAsync();
        KestrelApp other = await StartAsync(_ => { }, builder => builder.Services.AddSse());
        await using NpgsqlConnection connection = await Source.OpenConnectionAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();

        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await PublisherOf(other).PublishAsync(
                "topic", new SseItem<string>("data"), new SsePublishOptions { Transaction = transaction }));
        await transaction.CommitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await PublisherOf(app).PublishAsync(
                "topic", new SseItem<string>("data"), new SsePublishOptions { Transaction = transaction }));
    }
}
