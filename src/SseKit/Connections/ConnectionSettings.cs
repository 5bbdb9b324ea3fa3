using System.Buffers;
using System.Net.ServerSentEvents;
using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>The options of one endpoint in the form that its connections use: checked, in ready bytes, never changing.</summary>
internal sealed class ConnectionSettings
{
    // What Chromium waits without being told; Firefox waits 5 seconds.
    private static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(3);

    // No blank line follows: several clients take one for an empty event.
    private static readonly byte[] Comment = ":\n"u8.ToArray();

    public ConnectionSettings(SseOptions options, ConnectionLimit? limit)
    {
        Options = options;
        Limit = limit;
        Heartbeat = options.HeartbeatEvent is { } heartbeat ? Encode(heartbeat, options) : Comment;
        Terminator = options.Terminator is { } terminator ? Encode(terminator, options) : ReadOnlyMemory<byte>.Empty;
    }

    public SseOptions Options { get; }

    public ConnectionLimit? Limit { get; }

    public ReadOnlyMemory<byte> Heartbeat { get; }

    /// <summary>What follows the last event of a complete stream; empty where nothing does.</summary>
    public ReadOnlyMemory<byte> Terminator { get; }

    /// <summary>What follows the last event of a stream that failed; empty where nothing does.</summary>
    public ReadOnlyMemory<byte> FailureOf(Exception failure) =>
        Options.FailureEvent?.Invoke(failure) is { } item ? Encode(item, Options) : ReadOnlyMemory<byte>.Empty;

    /// <summary>
    /// Writes what follows the headers of a GET stream: the time after which its client reconnects, with jitter, because a browser keeps
    /// the last one that it was given, such as
    /// the long one of a refused request. Firefox opens at the first body byte; proxies hold back large padding.
    /// </summary>
    public void WritePreamble(IBufferWriter<byte> output) =>
        FrameFormatter.WriteRetry(output, (long)RetryFrame.Jitter(Options.Retry ?? DefaultRetry).TotalMilliseconds);

    private static ReadOnlyMemory<byte> Encode(SseItem<string> item, SseOptions options)
    {
        var buffer = new ArrayBufferWriter<byte>();
        new TextEvent(EventFields.ForItem(item), item.Data).WriteTo(buffer, options.MaxEventSize);
        return buffer.WrittenMemory;
    }
}
