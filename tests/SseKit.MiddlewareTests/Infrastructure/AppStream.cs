using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using SseKit.MiddlewareTests.App;

namespace SseKit.MiddlewareTests.Infrastructure;

/// <summary>A client of one stream of the app. It accepts compression, as browsers do.</summary>
internal sealed class AppStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private AppStream(string client, HttpResponseMessage response, Stream body)
    {
        Client = client;
        _response = response;
        _events = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
    }

    public string Client { get; }

    public HttpResponseMessage Response => _response;

    public static async Task<AppStream> OpenAsync(HttpClient http, string kind, string client, string? cookie = null)
    {
        using var request = new HttpRequestMessage(Streams.MethodOf(kind), $"/base/{kind}")
        {
            Version = http.DefaultRequestVersion,
            VersionPolicy = http.DefaultVersionPolicy,
        };
        request.Headers.Add(Script.ClientHeader, client);
        request.Headers.Add("Origin", "http://elsewhere.test");
        request.Headers.Add("Accept-Encoding", "gzip, br");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        if (request.Method == HttpMethod.Post)
        {
            request.Content = await CompressAsync(new Question("why?"));
        }

        HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).OrTimeout();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new AppStream(client, response, await DecodedAsync(response));
    }

    /// <summary>The data of the next event of the app, or null if the stream has ended.</summary>
    public async Task<string?> NextAsync()
    {
        while (await _events.MoveNextAsync().OrTimeout())
        {
            // SseKit's own events are not part of the script.
            if (!_events.Current.EventType.StartsWith("ssekit.", StringComparison.Ordinal))
            {
                return _events.Current.Data;
            }
        }

        return null;
    }

    /// <summary>Releases the second event, and reads it and the clean end.</summary>
    public async Task FinishAsync(Script script)
    {
        script.Release(Client);
        Assert.Equal(Script.Second(Client), await NextAsync());
        Assert.Null(await NextAsync());
    }

    public void Dispose() => _response.Dispose();

    private static async Task<HttpContent> CompressAsync<T>(T value)
    {
        var bytes = new MemoryStream();
        await using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            await JsonContent.Create(value).CopyToAsync(gzip);
        }

        return new ByteArrayContent(bytes.ToArray())
        {
            Headers = { { "Content-Type", "application/json" }, { "Content-Encoding", "gzip" } },
        };
    }

    private static async Task<Stream> DecodedAsync(HttpResponseMessage response)
    {
        Stream body = await response.Content.ReadAsStreamAsync();
        return response.Content.Headers.ContentEncoding.SingleOrDefault() switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "br" => new BrotliStream(body, CompressionMode.Decompress),
            _ => body,
        };
    }
}
