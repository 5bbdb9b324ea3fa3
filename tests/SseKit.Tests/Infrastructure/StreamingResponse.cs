using System.Net;
using System.Text;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A response that is read while it is being written. Disposing it disconnects the client.
/// </summary>
public sealed class StreamingResponse : IDisposable
{
    private readonly HttpResponseMessage _message;
    private readonly Stream _body;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private readonly StringBuilder _unread = new();

    private StreamingResponse(HttpResponseMessage message, Stream body)
    {
        _message = message;
        _body = body;
    }

    /// <summary>Bounds a whole read of several receives, because heartbeats also arrive on a stream that hangs.</summary>
    public TimeSpan ReadTimeout { get; set; } = TestTimeout.Limit;

    public HttpStatusCode Status => _message.StatusCode;

    public Version Version => _message.Version;

    /// <summary>All headers of the response, in one line each, without the server's own Date and Server.</summary>
    public IReadOnlyDictionary<string, string> Headers => _message.Headers.NonValidated
        .Concat(_message.Content.Headers.NonValidated)
        .Where(header => header.Key is not ("Date" or "Server"))
        .ToDictionary(header => header.Key, header => header.Value.ToString());

    /// <summary>Returns when the headers have arrived.</summary>
    public static async Task<StreamingResponse> SendAsync(HttpClient client, HttpRequestMessage request)
    {
        HttpResponseMessage message = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).OrTimeout();
        return new StreamingResponse(message, await message.Content.ReadAsStreamAsync().OrTimeout());
    }

    /// <summary>Reads the first line of every GET stream, the time after which the client reconnects.</summary>
    public async Task<string> ReadPreambleAsync()
    {
        string preamble = await ReadUntilAsync("\n");
        Assert.Equal("", preamble.AfterPreamble());
        return preamble;
    }

    /// <summary>Reads up to and including this text. The bytes after it stay for the next read.</summary>
    public async Task<string> ReadUntilAsync(string text)
    {
        using var timeout = new CancellationTokenSource(ReadTimeout);
        while (true)
        {
            string unread = _unread.ToString();
            int start = unread.IndexOf(text, StringComparison.Ordinal);
            if (start >= 0)
            {
                _unread.Remove(0, start + text.Length);
                return unread[..(start + text.Length)];
            }

            if (!await ReceiveAsync(timeout.Token))
            {
                throw new EndOfStreamException($"The stream ended before '{text}'. Unread: '{_unread}'.");
            }
        }
    }

    /// <summary>Reads the rest, up to a clean end. An aborted stream throws an <see cref="IOException"/>.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var timeout = new CancellationTokenSource(ReadTimeout);
        while (await ReceiveAsync(timeout.Token))
        {
        }

        return TakeUnread();
    }

    /// <summary>Reads the rest, up to the abort. A stream that ends cleanly fails the test.</summary>
    public async Task<string> ReadToBreakAsync()
    {
        await Assert.ThrowsAnyAsync<IOException>(ReadToEndAsync);
        return TakeUnread();
    }

    public void Dispose() => _message.Dispose();

    private async Task<bool> ReceiveAsync(CancellationToken timeout)
    {
        try
        {
            // The read's own token is not used, because it would abort the connection, which the server would take for a disconnect.
            int received = await _body.ReadAsync(_buffer, CancellationToken.None).AsTask().WaitAsync(timeout);
            _unread.Append(Encoding.UTF8.GetString(_buffer, 0, received));
            return received > 0;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new TimeoutException($"What the test waits for did not arrive in {ReadTimeout}. Unread: '{_unread}'.");
        }
    }

    private string TakeUnread()
    {
        string rest = _unread.ToString();
        _unread.Clear();
        return rest;
    }
}
