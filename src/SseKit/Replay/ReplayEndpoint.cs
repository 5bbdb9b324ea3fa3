using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Controllers;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;
using SseKit.Replay.Filters;

namespace SseKit.Replay;

/// <summary>
/// Makes an endpoint resumable:
/// 1. keep the request's body, which binding and the run both read;
/// 2. run the code before the handler for each client: binding and filters, up to <see cref="ReplayFilter"/>;
/// 3. there, or at once if the framework binds nothing, serve the client from the run of its topic (<see cref="ReplayRequest"/>).
/// </summary>
internal sealed class ReplayEndpoint : IFilterOrder
{
    private readonly RequestDelegate _endpoint;
    private readonly RequestDelegate _serve;
    private readonly ReplayFilters _filters;

    private ReplayEndpoint(EndpointBuilder builder, ReplayMetadata replay)
    {
        Replay = replay;
        _endpoint = builder.RequestDelegate!;
        _serve = new EndpointRunner(ServeAsync, builder.ApplicationServices).InvokeAsync;
        Run = builder.Metadata.OfType<ControllerActionDescriptor>().FirstOrDefault() is { } action
            ? new EndpointRunner(new ActionRun(action).InvokeAsync, builder.ApplicationServices).InvokeAsync
            : _endpoint;
        _filters = new ReplayFilters(builder);
    }

    public ReplayMetadata Replay { get; private set; }

    /// <summary>Gets the delegate that runs the handler in a run's context.</summary>
    public RequestDelegate Run { get; }

    public static void Wrap(EndpointBuilder builder, ReplayMetadata replay)
    {
        if (builder.Metadata.OfType<ReplayEndpoint>().FirstOrDefault() is { } existing)
        {
            // The endpoint is in a resumable group: its own topic and options apply.
            existing.Replay = replay;
            return;
        }

        StreamEndpoint.ApplyTyped(builder);
        var endpoint = new ReplayEndpoint(builder, replay);
        builder.RequestDelegate = endpoint.InvokeAsync;
        builder.Metadata.Add(endpoint);
        endpoint._filters.Order();
        StreamDescription.AddResuming(builder);
    }

    public void Restore(EndpointBuilder builder) => _filters.Order();

    public void ThrowIfDisordered() => _filters.ThrowIfDisordered();

    private async Task InvokeAsync(HttpContext context)
    {
        // Step 1.
        if (await ReplayBody.ReadAsync(context, Replay.Options.MaxRequestBodySize) is not { } body)
        {
            return;
        }

        using var request = new ReplayRequest(context, this, body);
        context.Features.Set<IReplayClient>(request);
        try
        {
            // Steps 2 and 3.
            await (_filters.AreBuilt ? _endpoint : _serve)(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client disconnected before it had an answer. (I7)
        }
        finally
        {
            context.Features.Set<IReplayClient>(null);
        }
    }

    // Step 3, without filters.
    private static async Task ServeAsync(HttpContext context)
    {
        IResult answer = await context.Features.GetRequiredFeature<IReplayClient>().ServeAsync([]);
        await answer.ExecuteAsync(context);
    }
}

/// <summary>The topic of an endpoint that became resumable, and its options.</summary>
internal sealed record ReplayMetadata(Func<HttpContext, ValueTask<string?>> Topic, SseReplayOptions Options);
