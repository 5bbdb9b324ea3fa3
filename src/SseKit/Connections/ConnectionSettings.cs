using System.Buffers;
using System.Net.ServerSentEvents;
using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>The options of one endpoint in the form that its connections use: validated, encoded and immutable.</summary>
internal sealed class ConnectionSettings
{
    // The default of Chromium; Firefox waits 5 seconds.
    private static readonly TimeSpan DefaultRetry = TimeSpan.FromSeconds(3);

    // Without a blank line, which several clients read as an empty event.
    private static readonly byte[] Comment = ":\n"u8.ToArray();

    public ConnectionSettings(SseOptions options, KeyLimit? limit)
    {
        Options = options;
        Limit = limit;
        Heartbeat = options.HeartbeatEvent is { } heartbeat ? Encode(heartbeat, options) : Comment;
        Terminator = options.Terminator is { } terminator ? Encode(terminator, options) : ReadOnlyMemory<byte>.Empty;
    }

    public SseOptions Options { get; }

    public KeyLimit? Limit { get; }

    public ReadOnlyMemory<byte> Heartbeat { get; }

    /// <summary>The last frame of a complete stream; empty if there is none.</summary>
    public ReadOnlyMemory<byte> Terminator { get; }

    /// <summary>Returns the last frame of a failed stream; empty if there is none.</summary>
    public ReadOnlyMemory<byte> FailureOf(Exception failure) =>
        Options.FailureEvent?.Invoke(failure) is { } item ? Encode(item, Options) : ReadOnlyMemory<byte>.Empty;

    /// <summary>
    /// Writes the preamble of a GET stream: the time after which its client reconnects, with jitter. A browser keeps the last time that it
    /// received, such as the long one of a rejected request. Firefox opens at the first body byte; proxies delay large padding.
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
