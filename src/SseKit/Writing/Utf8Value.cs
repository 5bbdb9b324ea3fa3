namespace SseKit.Writing;

/// <summary>
/// Detects values that are already UTF-8 and are written unchanged. A null string is empty text, as in the framework's result, and not the
/// text "null", which is the JSON of it.
/// </summary>
internal static class Utf8Value
{
    public static bool TryGet<T>(T value, out ReadOnlyMemory<byte> utf8)
    {
        switch (value)
        {
            case null when typeof(T) == typeof(string):
                utf8 = default;
                return true;

            // The runtime treats arrays of sbyte and of enums as byte[] too.
            case byte[] bytes when bytes.GetType() == typeof(byte[]):
                utf8 = bytes;
                return true;

            case ReadOnlyMemory<byte> memory:
                utf8 = memory;
                return true;

            case Memory<byte> writableMemory:
                utf8 = writableMemory;
                return true;

            default:
                utf8 = default;
                return false;
        }
    }
}
