using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;
using SseKit.Endpoints.Serving;
using SseKit.Interception;

namespace SseKit.Endpoints.Mapping;

/// <summary>Prepares an endpoint for streams: adds metadata, the runner and the handler's filter.</summary>
internal static class StreamEndpoint
{
    /// <summary>Applies to an endpoint whose handler the framework binds.</summary>
    /// <remarks>
    /// MapSse calls it, and so does the metadata of an <see cref="SseEventWriter"/> parameter. A second call returns the filter of the
    /// first.
    /// </remarks>
    public static HandlerFilter Apply(EndpointBuilder builder)
    {
        int position = FindFilter(builder);
        if (position >= 0)
        {
            return (HandlerFilter)builder.FilterFactories[position].Target!;
        }

        ApplyTyped(builder);
        var filter = new HandlerFilter(builder);
        builder.FilterFactories.Add(filter.Create);
        return filter;
    }

    /// <summary>Applies to an endpoint with a typed delegate, which opens its stream itself and needs no filter.</summary>
    public static void ApplyTyped(EndpointBuilder builder)
    {
        if (builder.Metadata.Contains(StreamEndpointMetadata.Instance))
        {
            return;
        }

        builder.Metadata.Add(StreamEndpointMetadata.Instance);
        OptOut(builder);
        EndpointRunner.Wrap(builder);
    }

    /// <summary>Applies to an endpoint whose handler declares a result that streams.</summary>
    /// <remarks>MVC populates metadata before there is a request delegate to wrap. There the result runs its stream itself.</remarks>
    public static void ApplyToResult(EndpointBuilder builder)
    {
        if (builder.RequestDelegate is null)
        {
            OptOut(builder);
        }
        else
        {
            ApplyTyped(builder);
        }
    }

    /// <summary>Intercepts the result of a handler if other code may write it as a stream.</summary>
    public static void InterceptResult(EndpointBuilder builder, HandlerShape shape)
    {
        if (shape.Kind == HandlerKind.Results && !shape.ReturnType.IsAssignableTo(typeof(IOwnStreamResult)))
        {
            InterceptedEndpoint.Wrap(builder);
        }
    }

    /// <summary>Moves the handler's filter behind those that were added since, so that they run before the headers are sent.</summary>
    public static void KeepHandlerFilterLast(EndpointBuilder builder)
    {
        int position = FindFilter(builder);
        if (position >= 0)
        {
            Func<EndpointFilterFactoryContext, EndpointFilterDelegate, EndpointFilterDelegate> filter = builder.FilterFactories[position];
            builder.FilterFactories.RemoveAt(position);
            builder.FilterFactories.Add(filter);
        }

        foreach (IFilterOrder order in builder.Metadata.OfType<IFilterOrder>())
        {
            order.Restore(builder);
        }
    }

    /// <summary>Describes the response, so that OpenAPI documents contain the type of the items.</summary>
    public static void Describe(EndpointBuilder builder, HandlerShape shape)
    {
        if (shape.Kind == HandlerKind.Results)
        {
            shape.DescribeResult?.Invoke(builder);
            return;
        }

        // The framework describes a handler's return value as a JSON body.
        for (int i = builder.Metadata.Count - 1; i >= 0; i--)
        {
            if (builder.Metadata[i] is IProducesResponseTypeMetadata { StatusCode: StatusCodes.Status200OK } inferred
                && inferred.Type == shape.ReturnType)
            {
                builder.Metadata.RemoveAt(i);
            }
        }

        StreamDescription.AddStream(builder, shape.DescribedType);
    }

    // A default request-timeout policy would cut the stream. An output-cache policy would serve one client's stream to another.
    private static void OptOut(EndpointBuilder builder)
    {
        builder.Metadata.Add(new DisableRequestTimeoutAttribute());
        builder.Metadata.Add(new OutputCacheAttribute { NoStore = true });
    }

    private static int FindFilter(EndpointBuilder builder)
    {
        IList<Func<EndpointFilterFactoryContext, EndpointFilterDelegate, EndpointFilterDelegate>> filters = builder.FilterFactories;
        for (int i = 0; i < filters.Count; i++)
        {
            if (filters[i].Target is HandlerFilter)
            {
                return i;
            }
        }

        return -1;
    }
}
