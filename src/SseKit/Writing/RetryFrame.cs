using System.Buffers;

namespace SseKit.Writing;

/// <summary>Encodes a <c>retry</c> line, with jitter so that clients do not all reconnect at once.</summary>
internal static class RetryFrame
{
    public static ReadOnlyMemory<byte> Encode(TimeSpan reconnectionInterval)
    {
        var buffer = new ArrayBufferWriter<byte>(32);
        FrameFormatter.WriteRetry(buffer, FieldValidation.CheckRetry(reconnectionInterval, nameof(reconnectionInterval)));
        return buffer.WrittenMemory;
    }

    /// <summary>Returns 50 to 150 percent of an interval, in whole milliseconds.</summary>
    public static TimeSpan Jitter(TimeSpan interval)
    {
        double milliseconds = Math.Round(interval.TotalMilliseconds * (0.5 + Random.Shared.NextDouble()));
        return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, FieldValidation.MaxRetryMilliseconds));
    }
}
