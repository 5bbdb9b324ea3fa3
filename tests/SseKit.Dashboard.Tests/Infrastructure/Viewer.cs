using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace SseKit.Dashboard.Tests.Infrastructure;

/// <summary>A client of a dashboard's stream, which moves the clock on until it gets what the test waits for.</summary>
internal sealed class Viewer(StreamClient stream, ManualTimeProvider time) : IAsyncDisposable
{
    public JsonElement Permissions { get; private init; }

    public static async Task<Viewer> OpenAsync(HttpClient client, string path, ManualTimeProvider time)
    {
        StreamClient stream = await StreamClient.ConnectAsync(client, path);
        Assert.Equal(HttpStatusCode.OK, stream.Status);
        SseItem<string> first = await stream.NextAsync();
        return new Viewer(stream, time) { Permissions = Parse(first) };
    }

    /// <summary>The next event of a type. The clock does not move.</summary>
    public async Task<JsonElement> NextAsync(string type)
    {
        SseItem<string> item = await stream.NextAsync();
        while (item.EventType != type)
        {
            item = await stream.NextAsync();
        }

        return Parse(item);
    }

    public Task<JsonElement> OverviewAsync(Func<JsonElement, bool> expected) => UntilAsync("overview", expected);

    public Task<JsonElement> ConnectionsAsync(Func<JsonElement, bool> expected) => UntilAsync("connections", expected);

    /// <summary>Waits for an event that is as expected, a second after the other.</summary>
    public async Task<JsonElement> UntilAsync(string type, Func<JsonElement, bool> expected)
    {
        long start = TimeProvider.System.GetTimestamp();
        Task<JsonElement> next = NextAsync(type);
        while (true)
        {
            if (await Task.WhenAny(next, Task.Delay(20)) != next)
            {
                time.Advance(TimeSpan.FromSeconds(1));
                continue;
            }

            JsonElement found = await next;
            if (expected(found))
            {
                return found;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TestTimeout.Limit, $"No {type} was as expected; the last was {found}.");
            next = NextAsync(type);
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static JsonElement Parse(SseItem<string> item) => JsonDocument.Parse(item.Data).RootElement;
}

internal static class JsonElementExtensions
{
    public static int Int(this JsonElement element, string name) => element.GetProperty(name).GetInt32();

    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    public static JsonElement[] Rows(this JsonElement element) => [.. element.GetProperty("rows").EnumerateArray()];

    public static JsonElement[] Rows(this JsonElement element, string list) => element.GetProperty(list).Rows();

    /// <summary>The row with this value, or a value without properties.</summary>
    public static JsonElement Row(this JsonElement element, string list, string key, string value) =>
        element.Rows(list).FirstOrDefault(row => row.Text(key) == value);

    /// <summary>The counts of a row, such as <c>completed 2</c>.</summary>
    public static string Counts(this JsonElement row, string name) => row.ValueKind == JsonValueKind.Undefined
        ? ""
        : string.Join(", ", row.GetProperty(name).EnumerateArray().Select(count => $"{count.Text("name")} {count.Int("count")}"));
}
