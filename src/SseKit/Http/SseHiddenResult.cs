using System.Reflection;
using Microsoft.AspNetCore.Http;

namespace SseKit.Http;

/// <summary>
/// C# takes a Task of a result for a plain Task where a delegate's type asks for one, and the result would be lost: a 404 that looks
/// like a stream without events.
/// </summary>
internal static class SseHiddenResult
{
    private const string Message =
        "The handler returns an IResult, but its delegate type says Task, which would lose it. Declare the delegate with Task<IResult>.";

    public static void ThrowIfDeclared(MethodInfo handler)
    {
        if (handler.ReturnType.IsGenericType && typeof(IResult).IsAssignableFrom(handler.ReturnType.GetGenericArguments()[0]))
        {
            throw new ArgumentException(Message, nameof(handler));
        }
    }

    public static void ThrowIfReturned(Task task)
    {
        if (task is Task<IResult>)
        {
            throw new InvalidOperationException(Message);
        }
    }
}
