namespace SseKit.Protocol;

/// <summary>The bound on one event's data (I8): what stands in memory whole, for each connection, until it is sent.</summary>
internal static class SseEventSize
{
    public const int Default = 16 * 1024 * 1024;

    public static void Check(long size, int maxEventSize)
    {
        if (size > maxEventSize)
        {
            throw new ArgumentException(
                $"The data of this event has {size} bytes, more than the {maxEventSize} that SseOptions.MaxEventSize allows. Nothing was written.");
        }
    }
}
