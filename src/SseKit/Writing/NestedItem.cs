using System.Net.ServerSentEvents;

namespace SseKit.Writing;

/// <summary>
/// Refuses an event that is passed as data. Overload resolution allows it, with an event type beside it or from generic code, and the
/// item itself would then be written as JSON.
/// </summary>
internal static class NestedItem
{
    public static void Check<T>(string parameterName)
    {
        if (Is<T>.Item)
        {
            throw new ArgumentException(
                "The data is an SseItem<T> already, which has its own event type. Call the overload for SseItem<T>, without an event type.",
                parameterName);
        }
    }

    private static class Is<T>
    {
        public static readonly bool Item = typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(SseItem<>);
    }
}
