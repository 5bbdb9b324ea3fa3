using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.Controllers;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;
using FilterFactory = System.Func<
    Microsoft.AspNetCore.Http.EndpointFilterFactoryContext,
    Microsoft.AspNetCore.Http.EndpointFilterDelegate,
    Microsoft.AspNetCore.Http.EndpointFilterDelegate>;

namespace SseKit.Replay.Filters;

/// <summary>
/// Orders the filters of a resumable endpoint:
/// 1. <see cref="BoundArguments"/>;
/// 2. the app's filters, in the order in which they were added, each as a <see cref="PassedFilter"/>;
/// 3. <see cref="ReplayFilter"/>;
/// 4. <see cref="HandlerFilter"/>, if SseKit opens the stream for the handler.
/// </summary>
internal sealed class ReplayFilters(EndpointBuilder builder)
{
    private readonly FilterFactory _first = BoundArguments.Create;
    private readonly ReplayFilter _last = new(builder);

    // Read before SseKit's own conventions can add a method to the metadata of a request delegate.
    private readonly bool _binds = builder.Metadata.OfType<ControllerActionDescriptor>().Any()
        || (builder.Metadata.OfType<MethodInfo>().Any() && !builder.Metadata.OfType<TypedHandlerMetadata>().Any());

    /// <summary>Gets whether the framework has built the filters, so that clients are served there.</summary>
    public bool AreBuilt => _last.IsBuilt;

    public void Order()
    {
        IList<FilterFactory> filters = builder.FilterFactories;
        FilterFactory[] ofApp = [.. filters.Where(IsOfApp).Select(Passed)];
        FilterFactory[] ofHandler = [.. filters.Where(factory => factory.Target is HandlerFilter)];
        filters.Clear();
        if (ofApp.Length == 0 && !_binds)
        {
            // A request delegate without filters needs no binding, which Native AOT does not support for it.
            return;
        }

        foreach (FilterFactory filter in (IEnumerable<FilterFactory>)[_first, .. ofApp, _last.Create, .. ofHandler])
        {
            filters.Add(filter);
        }
    }

    /// <summary>Checks, after all conventions, that SseKit could order every filter.</summary>
    public void ThrowIfDisordered()
    {
        if (builder.FilterFactories.Any(factory => IsOfApp(factory) && factory.Target is not PassedFilter))
        {
            throw new InvalidOperationException(
                $"An endpoint filter was added to '{builder.DisplayName}' after WithSseReplay, by a route group or another builder that "
                + "SseKit cannot observe. It would run once instead of for each client. "
                + "Call WithSseReplay after the filters, on the endpoint.");
        }
    }

    private bool IsOfApp(FilterFactory factory) => factory != _first && factory.Target is not (ReplayFilter or HandlerFilter);

    private static FilterFactory Passed(FilterFactory factory) =>
        factory.Target is PassedFilter ? factory : new PassedFilter(factory).Create;
}
