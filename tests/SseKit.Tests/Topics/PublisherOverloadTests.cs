using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

/// <summary>The simplest call compiles, and its third argument means the same in every overload.</summary>
public sealed class PublisherOverloadTests : IDisposable
{
    private static readonly Quote Acme = new("ACME", 42.5m);
    private static readonly JsonTypeInfo<Quote> QuoteJson = (JsonTypeInfo<Quote>)JsonSerializerOptions.Default.GetTypeInfo(typeof(Quote));

    private readonly PlainStore _store = new();
    private readonly TopicRegistry _topics;

    [SuppressMessage("Performance", "CA1859", Justification = "Overloads are chosen among the interface's members.")]
    private readonly ISsePublisher _publisher;

    public PublisherOverloadTests()
    {
        _topics = new TopicRegistry(_store, new ManualTimeProvider(), Unmeasured.Metrics);
        _publisher = new Publisher(_store, _topics, new EventEncoder(JsonSerializerOptions.Web, maxEventSize: 1000), Unmeasured.Metrics);
    }

    public void Dispose() => _topics.Dispose();

    [Fact]
    public async Task Publish_data_needs_neither_event_type_nor_token()
    {
        CancellationToken token = CancellationToken.None;

        await _publisher.PublishAsync("t", "tick");
        await _publisher.PublishAsync("t", "tick", token);
        await _publisher.PublishAsync("t", "tick", cancellationToken: token);
        await _publisher.PublishAsync("t", "tick", default);
        await _publisher.PublishAsync("t", "tick", null);
        await _publisher.PublishAsync("t", "tick", eventType: null, token);
        await _publisher.PublishAsync("t", Acme, token);

        Assert.Equal(
            Enumerable.Repeat("message: tick", 6).Append("message: {\"symbol\":\"ACME\",\"price\":42.5}"), await ReadAsync());
    }

    [Fact]
    public async Task Publish_third_string_is_always_the_event_type()
    {
        await _publisher.PublishAsync("t", "tick", "clock");
        await _publisher.PublishAsync("t", "tick", eventType: "clock", CancellationToken.None);
        await _publisher.PublishAsync("t", "tick"u8.ToArray(), "clock");
        await _publisher.PublishAsync("t", Acme, "quote", CancellationToken.None);
        Exception? item = await Record.ExceptionAsync(async () => await _publisher.PublishAsync("t", new SseItem<string>("tick"), "clock"));

        Assert.Contains("SseItem<T> already", Assert.IsType<ArgumentException>(item).Message);
        Assert.Equal(
            ["clock: tick", "clock: tick", "clock: tick", "quote: {\"symbol\":\"ACME\",\"price\":42.5}"], await ReadAsync());
    }

    [Fact]
    public async Task Publish_item_needs_no_options()
    {
        var item = new SseItem<string>("tick", "clock");

        await _publisher.PublishAsync("t", item);
        await _publisher.PublishAsync("t", item, CancellationToken.None);
        await _publisher.PublishAsync("t", item, cancellationToken: CancellationToken.None);
        await _publisher.PublishAsync("t", item, null);
        await _publisher.PublishAsync("t", item, default);
        await _publisher.PublishAsync("t", item, new SsePublishOptions(), CancellationToken.None);

        Assert.Equal(Enumerable.Repeat("clock: tick", 6), await ReadAsync());
    }

    [Fact]
    public async Task Publish_with_metadata_writes_json()
    {
        await _publisher.PublishAsync("t", Acme, QuoteJson);
        await _publisher.PublishAsync("t", Acme, QuoteJson, "quote", CancellationToken.None);
        await _publisher.PublishAsync("t", new SseItem<Quote>(Acme, "quote"), QuoteJson);
        await _publisher.PublishAsync("t", new SseItem<object>(Acme), new SsePublishOptions { JsonTypeInfo = QuoteJson });

        const string Json = "{\"Symbol\":\"ACME\",\"Price\":42.5}";
        Assert.Equal([$"message: {Json}", $"quote: {Json}", $"quote: {Json}", $"message: {Json}"], await ReadAsync());
    }

    [Fact]
    public async Task Publish_with_metadata_of_another_type_is_refused()
    {
        var options = new SsePublishOptions { JsonTypeInfo = QuoteJson };

        Exception? exception = await Record.ExceptionAsync(async () => await _publisher.PublishAsync("t", new SseItem<int>(1), options));

        Assert.Contains("System.Int32", Assert.IsType<ArgumentException>(exception).Message);
        Assert.Empty(await ReadAsync());
    }

    [Fact]
    public async Task Publish_of_many_items_returns_the_last_id()
    {
        SseItem<string>[] items = [new("1", "a"), new("2", "b")];

        string? ofArray = await _publisher.PublishAsync("t", items);
        string? ofSource = await _publisher.PublishAsync("t", items.ToAsyncEnumerable(), CancellationToken.None);
        string? ofNone = await _publisher.PublishAsync("t", Array.Empty<SseItem<string>>());

        Assert.EndsWith("-2", ofArray);
        Assert.Equal(await _publisher.GetLastEventIdAsync("t"), ofSource);
        Assert.Null(ofNone);
        Assert.Equal(["a: 1", "b: 2", "a: 1", "b: 2"], await ReadAsync());
    }

    [Fact]
    public async Task Publish_of_many_items_stops_at_a_refused_one()
    {
        SseItem<string>[] items = [new("1"), new("2") { EventId = "mine" }, new("3")];

        await Assert.ThrowsAsync<ArgumentException>(async () => await _publisher.PublishAsync("t", items));
        await Assert.ThrowsAsync<ArgumentException>(async () => await _publisher.PublishAsync("t", items.ToAsyncEnumerable()));

        Assert.Equal(["message: 1", "message: 1"], await ReadAsync());
    }

    [Fact]
    public async Task Publish_in_a_transaction_needs_a_capable_store()
    {
        var options = new SsePublishOptions { Transaction = new NoTransaction() };

        Exception? exception = await Record.ExceptionAsync(async () => await _publisher.PublishAsync("t", new SseItem<int>(1), options));

        Assert.Contains(nameof(PlainStore), Assert.IsType<InvalidOperationException>(exception).Message);
        Assert.Empty(await ReadAsync());
    }

    private async Task<string[]> ReadAsync() =>
        await _publisher.ReadAsync("t").Select(item => $"{item.EventType}: {item.Data}").ToArrayAsync();

    private sealed record Quote(string Symbol, decimal Price);

    private sealed class PlainStore : ForwardingStore;

    private sealed class NoTransaction : System.Data.Common.DbTransaction
    {
        public override System.Data.IsolationLevel IsolationLevel => System.Data.IsolationLevel.Unspecified;

        protected override System.Data.Common.DbConnection? DbConnection => null;

        public override void Commit()
        {
        }

        public override void Rollback()
        {
        }
    }
}
