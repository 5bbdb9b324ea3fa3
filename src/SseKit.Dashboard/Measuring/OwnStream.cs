namespace SseKit.Dashboard.Measuring;

/// <summary>Marks the code that writes a dashboard's own streams. Counters of events and bytes have no route.</summary>
internal static class OwnStream
{
    private static readonly AsyncLocal<bool> Current = new();

    /// <summary>Gets whether the caller writes a dashboard's stream.</summary>
    public static bool IsCurrent => Current.Value;

    /// <summary>Marks the rest of an asynchronous method and all that it calls.</summary>
    public static void Mark() => Current.Value = true;
}
