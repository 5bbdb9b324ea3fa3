using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace SseKit.Endpoints;

/// <summary>Rejects a handler whose result is hidden by a delegate type of plain Task.</summary>
/// <remarks>
/// C# converts a Task of a result to a plain Task if the delegate's type requires one. The result would be lost: a 404 would become a
/// stream without events.
/// </remarks>
internal static class HiddenResult
{
    private const string Message =
        "The handler returns an IResult, but its delegate type returns Task, so the result would be lost. "
        + "Declare the delegate with Task<IResult>.";

    public static void ThrowIfDeclared(MethodInfo handler)
    {
        if (IsOfResult(handler.ReturnType))
        {
            throw new ArgumentException(Message, nameof(handler));
        }
    }

    public static void ThrowIfReturned(Task task)
    {
        for (Type? type = task.GetType(); type is not null && type != typeof(Task); type = type.BaseType)
        {
            if (IsOfResult(type))
            {
                throw new InvalidOperationException(Message);
            }
        }
    }

    private static bool IsOfResult(Type type) => type.IsGenericType
        && type.GetGenericTypeDefinition() == typeof(Task<>)
        && typeof(IResult).IsAssignableFrom(type.GetGenericArguments()[0]);
}
