using System.Diagnostics.CodeAnalysis;
using System.Net.ServerSentEvents;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;

namespace SseKit.Endpoints;

/// <summary>Creates results that stream the items of a handler.</summary>
internal static class ItemsResult
{
    /// <summary>Returns the creator for the type of a handler's items, once, when its endpoint is mapped.</summary>
    [RequiresDynamicCode("Makes a generic method at run time.")]
    [RequiresUnreferencedCode("Looks its own methods up by name.")]
    public static Func<object, IResult> CreatorFor(Type itemType)
    {
        bool isItem = HandlerShape.IsItem(itemType);
        MethodInfo creator = typeof(ItemsResult).GetMethod(isItem ? nameof(CreateFromItems) : nameof(Create))!;
        return creator.MakeGenericMethod(isItem ? itemType.GetGenericArguments()[0] : itemType).CreateDelegate<Func<object, IResult>>();
    }

    public static IResult Create<T>(object items) => new ValuesResult<T>((IAsyncEnumerable<T>)items);

    public static IResult CreateFromItems<T>(object items) => new EventsResult<T>((IAsyncEnumerable<SseItem<T>>)items);

    private sealed class ValuesResult<T>(IAsyncEnumerable<T> items) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            HttpEventStream stream = HttpEventStream.Of(httpContext);
            if (await stream.TryOpenAsync())
            {
                await stream.Events.WriteAllAsync(items, eventType: null, stream.Connection.Ended);
            }
        }
    }

    private sealed class EventsResult<T>(IAsyncEnumerable<SseItem<T>> items) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            HttpEventStream stream = HttpEventStream.Of(httpContext);
            if (await stream.TryOpenAsync())
            {
                await stream.Events.WriteAllAsync(items, stream.Connection.Ended);
            }
        }
    }
}
