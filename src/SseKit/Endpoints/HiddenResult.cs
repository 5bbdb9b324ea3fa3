using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace SseKit.Endpoints;

/// <summary>
/// C# takes a Task of a result for a plain Task where a delegate's type asks for one, and the result would be lost: a 404 that looks
/// like a stream without events.
/// </summary>
internal static class HiddenResult
{
    private const string Message =
        "The handler returns an IResult, but its delegate type is of Task, which would lose it. Declare the delegate with Task<IResult>.";

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
