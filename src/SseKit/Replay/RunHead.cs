using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using SseKit.Stores;
using SseKit.Topics;

namespace SseKit.Replay;

/// <summary>
/// The head of a run's response: its status, and the headers that every follower gets. Each run's log begins with it, so that followers on
/// other servers and after a restart get it too. No client gets it as an event.
/// </summary>
internal sealed class RunHead
{
    /// <summary>How many entries at the beginning of a run's log are no events: the head.</summary>
    public const long ControlEntries = 1;

    // Each follower without a run in its process reads it from the store (I8).
    private const int MaxSize = 16 * 1024;

    private static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    private readonly int _status;
    private readonly IReadOnlyList<KeyValuePair<string, StringValues>> _headers;

    private RunHead(int status, IReadOnlyList<KeyValuePair<string, StringValues>> headers)
    {
        _status = status;
        _headers = headers;
    }

    /// <summary>Gets the entry of the log.</summary>
    public ReadOnlyMemory<byte> Payload { get; private init; }

    private static ReadOnlySpan<byte> Kind => "head "u8;

    /// <summary>Keeps what followers get of a response. Throws if a server would refuse to send it, or if it is too large.</summary>
    public static RunHead Of(int status, IHeaderDictionary headers)
    {
        KeyValuePair<string, StringValues>[] shared = [.. headers.Where(RunHeaders.IsShared)];
        return new RunHead(status, shared) { Payload = Encode(status, shared) };
    }

    /// <summary>Reads the head from the start of a topic's log.</summary>
    /// <returns>
    /// The head; null if the log's start has expired, or other code has published the topic. And how many entries at the log's beginning
    /// are no events.
    /// </returns>
    public static async Task<(RunHead? Head, long ControlEntries)> ReadAsync(
        ISseEventStore store, string topic, CancellationToken cancellationToken)
    {
        SseTopicState state = await store.GetStateAsync(topic, cancellationToken);
        if (state.Latest.Sequence == 0 || state.EarliestSequence > 1)
        {
            return (null, ControlEntries);
        }

        SseReadResult first = await store.ReadAsync(topic, state.Beginning, maxEvents: 1, cancellationToken);
        if (first.Events is not [var entry, ..])
        {
            // The log was replaced meanwhile.
            return (null, ControlEntries);
        }

        RunHead? head = TryDecode(entry.Payload.Span);
        return (head, head is null ? 0 : ControlEntries);
    }

    /// <summary>Returns the head that an entry of a log holds; null if the entry is another.</summary>
    public static RunHead? TryDecode(ReadOnlySpan<byte> payload)
    {
        if (!EventPayload.IsControl(payload) || !payload[1..].StartsWith(Kind))
        {
            return null;
        }

        string[] lines = Encoding.ASCII.GetString(payload[(1 + Kind.Length)..]).Split('\n');
        return new RunHead(
            int.Parse(lines[0], CultureInfo.InvariantCulture),
            [.. lines.Skip(1).Select(Header).GroupBy(line => line.Name, line => line.Value).Select(Combined)])
        {
            Payload = payload.ToArray(),
        };
    }

    /// <summary>Gives a follower the head. Headers that the follower's own request has set are kept.</summary>
    public void CopyTo(HttpResponse response)
    {
        RunHeaders.SetStatus(response, _status);
        foreach ((string name, StringValues values) in _headers)
        {
            response.Headers.TryAdd(name, values);
        }
    }

    // A line for each value. Neither names nor values can contain a line break.
    private static byte[] Encode(int status, KeyValuePair<string, StringValues>[] headers)
    {
        var text = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{status}");
        foreach ((string name, StringValues values) in headers)
        {
            foreach (string? value in values)
            {
                Check(name, value);
                text.Append('\n').Append(name).Append(": ").Append(value);
            }
        }

        int size = 1 + Kind.Length + text.Length;
        return size <= MaxSize
            ? [EventPayload.ControlMark, .. Kind, .. Encoding.ASCII.GetBytes(text.ToString())]
            : throw new InvalidOperationException(
                $"The status and headers of this response have {size} bytes. The log of a run keeps at most {MaxSize} of them. "
                + "Shorten or remove headers of the handler, or set them in a filter.");
    }

    private static void Check(string name, string? value)
    {
        if (name.AsSpan().ContainsAnyExcept(TokenChars) || value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new InvalidOperationException(
                $"The header '{name}' of this response cannot be kept for the followers of its run. "
                + "A name must be a token, and a value printable ASCII.");
        }
    }

    private static (string Name, string Value) Header(string line)
    {
        int colon = line.IndexOf(':', StringComparison.Ordinal);
        return (line[..colon], line[(colon + 2)..]);
    }

    private static KeyValuePair<string, StringValues> Combined(IGrouping<string, string> header) => new(header.Key, header.ToArray());
}
