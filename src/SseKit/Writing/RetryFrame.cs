using System.Buffers;

namespace SseKit.Writing;

/// <summary>A <c>retry</c> that tells clients when to come back, with jitter so that they do not all come at once.</summary>
internal static class RetryFrame
{
    public static ReadOnlyMemory<byte> Encode(TimeSpan reconnectionInterval)
    {
        var buffer = new ArrayBufferWriter<byte>(32);
        FrameFormatter.WriteRetry(buffer, FieldValidation.CheckRetry(reconnectionInterval, nameof(reconnectionInterval)));
        return buffer.WrittenMemory;
    }

    /// <summary>50 to 150 percent of an interval, in whole milliseconds.</summary>
    public static TimeSpan Jitter(TimeSpan interval)
    {
        double milliseconds = Math.Round(interval.TotalMilliseconds * (0.5 + Random.Shared.NextDouble()));
        return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 1, FieldValidation.MaxRetryMilliseconds));
    }
}
