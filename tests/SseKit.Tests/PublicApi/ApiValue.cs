using System.Globalization;

namespace SseKit.Tests.PublicApi;

/// <summary>Spells a constant as C# does.</summary>
internal static class ApiValue
{
    public static string Of(object? value, Type type)
    {
        if (value is null)
        {
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null";
        }

        Type plain = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            _ when plain.IsEnum => $"{ApiTypeName.Of(plain)}.{Enum.ToObject(plain, value)}",
            string text => $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"")}\"",
            char character => $"'{character}'",
            bool truth => truth ? "true" : "false",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };
    }
}
