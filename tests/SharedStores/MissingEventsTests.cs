namespace SseKit.SharedStores;

/// <summary>An operator deletes stored events by hand, or the database loses them. Clients get a gap in their place.</summary>
public sealed class MissingEventsTests : StoreTest
{
    private const string Expired = "{\"reason\":\"expired\",\"missed\":1}";

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_client_gets_a_gap_in_place_of_an_event(int missing)
    {
        KestrelApp app = await StartAppAsync();
        string beginning = await PublishAsync(app, "0");
        for (int i = 1; i <= 6; i++)
        {
            await PublishAsync(app, $"{i}");
        }

        await DeleteEventAsync("room", missing + 1);

        // A server without a tail of its own reads the store.
        KestrelApp other = await StartAppAsync();
        await using StreamClient client = await FollowAsync(other, "room", beginning);
        string[] expected = Numbers(1, 6);
        expected[missing - 1] = Expired;
        Assert.Equal(expected, await client.TakeAsync(6));
        await client.DisposeAsync();

        await using StreamClient back = await FollowAsync(other, "room", client.LastEventId);
        await PublishAsync(app, "7");
        Assert.Equal(["7"], await back.TakeAsync(1));
    }

    private static async Task<string> PublishAsync(KestrelApp app, string text) => await PublisherOf(app).PublishAsync("room", text);
}
