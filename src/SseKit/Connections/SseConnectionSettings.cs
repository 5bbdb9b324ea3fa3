using System.Buffers;
using SseKit.Protocol;

namespace SseKit.Connections;

/// <summary>The options of one endpoint in the form that its connections use: checked, in ready bytes, never changing.</summary>
internal sealed class SseConnectionSettings
{
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    public SseConnectionSettings(SseOptions options, SseConnectionLimit? limit)
    {
        Options = options;
        Limit = limit;
        Heartbeat = HeartbeatBytes(options);
        Preamble = PreambleBytes(options);
    }

    public SseOptions Options { get; }

    public SseConnectionLimit? Limit { get; }

    public ReadOnlyMemory<byte> Heartbeat { get; }

    /// <summary>What follows the headers of a GET stream. Firefox opens at the first body byte; proxies hold back large padding.</summary>
    public ReadOnlyMemory<byte> Preamble { get; }

    private static ReadOnlyMemory<byte> HeartbeatBytes(SseOptions options)
    {
        if (options.HeartbeatEvent is not { } item)
        {
            return Comment;
        }

        var buffer = new ArrayBufferWriter<byte>();
        new SseTextEvent(SseEventFields.ForItem(item), item.Data).WriteTo(buffer, options.MaxEventSize);
        return buffer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> PreambleBytes(SseOptions options) =>
        options.Retry is { } retry ? SseRetryFrame.Encode(retry) : Comment;
}
