using SseKit.Sqlite.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>An operator deletes stored events by hand. Readers get a gap in their place.</summary>
public sealed class MissingEventsTests : SqliteTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_missing_event_is_reported_as_expired(long missing)
    {
        SqliteEventStore store = Open();
        SsePosition latest = default;
        for (int i = 1; i <= 6; i++)
        {
            latest = await AppendAsync(store, "topic", $"{i}");
        }

        Execute($"delete from ssekit_events where sequence = {missing}");

        SseReadResult before = await store.ReadAsync("topic", latest with { Sequence = 0 }, 100, default);
        SseReadResult at = await store.ReadAsync("topic", latest with { Sequence = missing - 1 }, 100, default);
        SseReadResult after = await store.ReadAsync("topic", latest with { Sequence = missing }, 100, default);
        Assert.Equal(missing - 1, before.Events.Count);
        Assert.Equal(SseReadStatus.Expired, at.Status);
        Assert.Equal(missing + 1, at.State.EarliestSequence);
        Assert.Equal(6 - missing, after.Events.Count);
    }

    [Fact]
    public async Task Missing_latest_events_are_reported_as_expired()
    {
        SqliteEventStore store = Open();
        await AppendAsync(store, "topic", "1");
        SsePosition latest = await AppendAsync(store, "topic", "2");

        Execute("delete from ssekit_events");

        SseReadResult read = await store.ReadAsync("topic", latest with { Sequence = 1 }, 100, default);
        Assert.Equal(SseReadStatus.Expired, read.Status);
        Assert.Equal(3, read.State.EarliestSequence);
        Assert.Equal(SseReadStatus.Ok, (await store.ReadAsync("topic", latest, 100, default)).Status);
    }
}
