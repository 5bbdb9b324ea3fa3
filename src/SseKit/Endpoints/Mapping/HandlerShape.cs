using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace SseKit.Endpoints.Mapping;

/// <summary>Describes a handler by its return type.</summary>
internal sealed class HandlerShape
{
    private HandlerShape(HandlerKind kind, Type returnType, Type? itemType)
    {
        Kind = kind;
        ReturnType = returnType;
        ItemType = itemType;
    }

    public HandlerKind Kind { get; }

    /// <summary>Gets the handler's return type without its task.</summary>
    public Type ReturnType { get; }

    /// <summary>Gets the type of the items that the handler yields; null if it does not yield.</summary>
    public Type? ItemType { get; }

    /// <summary>Gets the type of the stream in API descriptions: its item if that is known, otherwise text.</summary>
    /// <remarks>Without a type, the descriptions omit the content type.</remarks>
    public Type DescribedType { get; private init; } = typeof(string);

    /// <summary>Gets the action that adds the metadata of the handler's result; null if the framework has added it.</summary>
    public Action<EndpointBuilder>? DescribeResult { get; private init; }

    /// <summary>Reads a handler's return type.</summary>
    /// <exception cref="ArgumentException">
    /// The type is neither a task, nor a stream of items, nor a result; or the handler has no parameter with which it can write.
    /// </exception>
    [RequiresUnreferencedCode("Looks for IAsyncEnumerable<T> among the interfaces of the handler's return type.")]
    [RequiresDynamicCode("Describes the item by a generic type made at run time.")]
    public static HandlerShape Of(MethodInfo handler, string pattern)
    {
        Type returned = WithoutTask(handler.ReturnType);
        if (returned == typeof(void))
        {
            return handler.GetParameters().Any(CanWrite) ? ForWriter() : throw NoStream(
                handler, pattern, "returns nothing and has no SseEventWriter parameter");
        }

        if (typeof(IResult).IsAssignableFrom(returned))
        {
            return new HandlerShape(HandlerKind.Results, returned, itemType: null);
        }

        Type itemType = ItemTypeOf(returned) ?? throw NoStream(handler, pattern, $"returns {handler.ReturnType}");
        return new HandlerShape(HandlerKind.Yields, returned, itemType)
        {
            DescribedType = StreamDescription.TypeOf(itemType),
        };
    }

    public static HandlerShape ForWriter() => new(HandlerKind.Writes, typeof(void), itemType: null);

    public static HandlerShape ForResult<TResult>(MethodInfo handler)
        where TResult : IResult => new(HandlerKind.Results, typeof(TResult), itemType: null)
        {
            DescribeResult = builder => ResultMetadata.Populate<TResult>(handler, builder),
        };

    public static bool IsItem(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(SseItem<>);

    /// <summary>Returns whether a handler returns nothing, or a task without a value, so that it can only write its events.</summary>
    public static bool ReturnsNothing(MethodInfo handler) => WithoutTask(handler.ReturnType) == typeof(void);

    private static bool CanWrite(ParameterInfo parameter) =>
        parameter.ParameterType == typeof(SseEventWriter)
        || parameter.ParameterType == typeof(HttpContext)
        || parameter.ParameterType == typeof(HttpResponse)
        || parameter.IsDefined(typeof(AsParametersAttribute));

    private static ArgumentException NoStream(MethodInfo handler, string pattern, string fact) => new(
        $"The handler of '{pattern}' {fact}, so it cannot be an event stream. A MapSse handler takes an SseEventWriter and returns a Task, "
        + "or it returns an IAsyncEnumerable<T> or an IResult. For an ordinary response use MapGet.",
        nameof(handler));

    private static Type WithoutTask(Type type)
    {
        if (type == typeof(Task) || type == typeof(ValueTask))
        {
            return typeof(void);
        }

        bool isTask = type.IsGenericType
            && (type.GetGenericTypeDefinition() == typeof(Task<>) || type.GetGenericTypeDefinition() == typeof(ValueTask<>));
        return isTask ? type.GetGenericArguments()[0] : type;
    }

    [RequiresUnreferencedCode("Looks for IAsyncEnumerable<T> among the interfaces of the handler's return type.")]
    private static Type? ItemTypeOf(Type type) =>
        (IsAsyncEnumerable(type) ? type : type.GetInterfaces().FirstOrDefault(IsAsyncEnumerable))?.GetGenericArguments()[0];

    private static bool IsAsyncEnumerable(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>);
}

/// <summary>Lists how a handler can produce its events.</summary>
internal enum HandlerKind
{
    /// <summary>It writes them. The headers are sent before it runs.</summary>
    Writes,

    /// <summary>It returns them. The headers are sent when it has returned, before the first event.</summary>
    Yields,

    /// <summary>It returns a result, which may be an error. The headers are sent with the result.</summary>
    Results,
}
