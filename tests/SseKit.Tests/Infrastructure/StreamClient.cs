using System.Net;
using System.Net.ServerSentEvents;

namespace SseKit.Tests.Infrastructure;

/// <summary>A client of one event stream, which keeps its last event id as an EventSource does.</summary>
internal sealed class StreamClient : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly SseParser<string>? _parser;
    private readonly IAsyncEnumerator<SseItem<string>>? _events;

    private StreamClient(HttpResponseMessage response, Stream body, string lastEventId)
    {
        _response = response;
        LastEventId = lastEventId;
        if (response.StatusCode == HttpStatusCode.OK)
        {
            _parser = SseParser.Create(body);
            _events = _parser.EnumerateAsync().GetAsyncEnumerator();
        }
    }

    public HttpStatusCode Status => _response.StatusCode;

    public string LastEventId { get; private set; }

    /// <summary>Connects, and sends the last event id in the header if there is one.</summary>
    public static async Task<StreamClient> ConnectAsync(HttpClient http, string path, string? lastEventId = null, HttpMethod? method = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path)
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        if (lastEventId is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId));
        }

        return await SendAsync(http, request, lastEventId);
    }

    /// <summary>Connects with a request of the test's own.</summary>
    public static async Task<StreamClient> SendAsync(HttpClient http, HttpRequestMessage request, string? lastEventId = null)
    {
        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).OrTimeout();
        return new StreamClient(response, await response.Content.ReadAsStreamAsync(), lastEventId ?? "");
    }

    /// <summary>Connects and reads the priming event.</summary>
    public static async Task<StreamClient> OpenAsync(HttpClient http, string path, string? lastEventId = null)
    {
        StreamClient client = await ConnectAsync(http, path, lastEventId);
        Assert.Equal(HttpStatusCode.OK, client.Status);
        Assert.Equal("ssekit.open", (await client.NextAsync()).EventType);
        return client;
    }

    public async Task<SseItem<string>> NextAsync() => await TryNextAsync() ?? throw new EndOfStreamException("The stream has ended.");

    /// <summary>The next event, or null if the stream ends cleanly.</summary>
    public async Task<SseItem<string>?> TryNextAsync()
    {
        if (!await _events!.MoveNextAsync().OrTimeout())
        {
            return null;
        }

        LastEventId = _parser!.LastEventId.Length > 0 ? _parser.LastEventId : LastEventId;
        return _events.Current;
    }

    /// <summary>The data of the next events.</summary>
    public async Task<string[]> TakeAsync(int count)
    {
        var data = new string[count];
        for (int i = 0; i < count; i++)
        {
            data[i] = (await NextAsync()).Data;
        }

        return data;
    }

    /// <summary>The data of all events up to the clean end, without the positions that a stream may send at any time.</summary>
    public async Task<string[]> ReadToEndAsync()
    {
        List<string> data = [];
        while (await TryNextAsync() is { } item)
        {
            if (item.EventType != "ssekit.open")
            {
                data.Add(item.Data);
            }
        }

        return [.. data];
    }

    /// <summary>Reads until the connection breaks, and returns the events before that.</summary>
    public async Task<SseItem<string>[]> ReadToBreakAsync()
    {
        List<SseItem<string>> items = [];
        try
        {
            while (await TryNextAsync() is { } item)
            {
                items.Add(item);
            }
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return [.. items];
        }

        throw new InvalidOperationException("The stream ended as if it were complete.");
    }

    /// <summary>Disconnects.</summary>
    public ValueTask DisposeAsync()
    {
        _response.Dispose();
        return default;
    }
}
