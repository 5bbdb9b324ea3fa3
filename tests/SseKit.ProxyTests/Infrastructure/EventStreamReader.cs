using System.Net;

namespace SseKit.ProxyTests.Infrastructure;

/// <summary>Reads a stream as a client: its headers, then block after block as they arrive, including heartbeats.</summary>
public sealed class EventStreamReader : IDisposable
{
    private const string Comment = ":";
    private const string Retry = "retry: ";

    private readonly HttpClient _client;
    private readonly StreamReader _body;
    private bool _isInside;

    private EventStreamReader(HttpClient client, HttpResponseMessage response, Stream body)
    {
        _client = client;
        _body = new StreamReader(body);
        Response = response;
    }

    public HttpResponseMessage Response { get; }

    /// <summary>Completes when the headers have arrived.</summary>
    public static async Task<EventStreamReader> OpenAsync(
        Uri address, HttpMethod? method = null, DecompressionMethods accepted = DecompressionMethods.None, bool asFetch = false)
    {
        var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AutomaticDecompression = accepted,
            // The client closes the connection when it is disposed, instead of draining it for reuse.
            ResponseDrainTimeout = TimeSpan.Zero,
        });
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, address);
        if (asFetch)
        {
            request.Headers.Add("Sec-Fetch-Mode", "cors");
        }

        HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).OrTimeout();
        return new EventStreamReader(client, response, await response.Content.ReadAsStreamAsync().OrTimeout());
    }

    /// <summary>
    /// The lines of the next block, or null if the stream has ended. A comment and a retry need no blank line; the retry that opens a
    /// stream is skipped.
    /// </summary>
    public async Task<string?> ReadBlockAsync()
    {
        List<string> lines = [];
        while (await _body.ReadLineAsync().OrTimeout() is { } line)
        {
            if (line.Length == 0)
            {
                return string.Join('\n', lines);
            }

            lines.Add(line);
            bool isPreamble = !_isInside && line.StartsWith(Retry, StringComparison.Ordinal);
            _isInside = true;
            if (isPreamble)
            {
                lines.Clear();
            }
            else if (lines.Count == 1 && (line == Comment || line.StartsWith(Retry, StringComparison.Ordinal)))
            {
                return line;
            }
        }

        Assert.Empty(lines);
        return null;
    }

    /// <summary>The next block that is not a comment, or null if the stream has ended.</summary>
    public async Task<string?> ReadEventAsync()
    {
        string? block = Comment;
        while (block == Comment)
        {
            block = await ReadBlockAsync();
        }

        return block;
    }

    /// <summary>Reads heartbeats, and fails on anything else.</summary>
    public async Task ReadHeartbeatsAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(Comment, await ReadBlockAsync());
        }
    }

    public void Dispose()
    {
        Response.Dispose();
        _client.Dispose();
    }
}
