using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Endpoints.Mapping;
using SseKit.Endpoints.Serving;

namespace SseKit.Replay.Filters;

/// <summary>Runs an MVC action without the app's filters, which have run for the client's request.</summary>
internal sealed class ActionRun
{
    private readonly ControllerActionDescriptor _action;

    public ActionRun(ControllerActionDescriptor action)
    {
        // The copy has no filters of the endpoint either, because they belong to the original.
        _action = new ControllerActionDescriptor
        {
            ActionConstraints = action.ActionConstraints,
            ActionName = action.ActionName,
            AttributeRouteInfo = action.AttributeRouteInfo,
            BoundProperties = action.BoundProperties,
            ControllerName = action.ControllerName,
            ControllerTypeInfo = action.ControllerTypeInfo,
            DisplayName = action.DisplayName,
            EndpointMetadata = action.EndpointMetadata,
            FilterDescriptors = [new FilterDescriptor(new HandlerRun(OnlyWrites(action)), FilterScope.First)],
            MethodInfo = action.MethodInfo,
            Parameters = action.Parameters,
            Properties = action.Properties,
            RouteValues = action.RouteValues,
        };
    }

    public Task InvokeAsync(HttpContext context)
    {
        var action = new ActionContext(context, new RouteData(context.Request.RouteValues), _action);
        IActionInvoker invoker = context.RequestServices.GetRequiredService<IActionInvokerFactory>().CreateInvoker(action)
            ?? throw new InvalidOperationException($"MVC has no invoker for the action '{_action.DisplayName}'.");
        return invoker.InvokeAsync();
    }

    private static bool OnlyWrites(ControllerActionDescriptor action) => HandlerShape.ReturnsNothing(action.MethodInfo)
        && action.Parameters.Any(parameter => parameter.ParameterType == typeof(SseEventWriter));

    private sealed class HandlerRun(bool onlyWrites) : IAsyncActionFilter
    {
        // The run has a controller of its own, which its own filter methods may prepare. They have not run for this one.
        public async Task OnActionExecutionAsync(ActionExecutingContext context, ActionExecutionDelegate next)
        {
            switch (context.Controller)
            {
                case IAsyncActionFilter controller:
                    await controller.OnActionExecutionAsync(context, () => RunAsync(context, next));
                    break;

                case IActionFilter controller:
                    controller.OnActionExecuting(context);
                    if (context.Result is null)
                    {
                        controller.OnActionExecuted(await RunAsync(context, next));
                    }

                    break;

                default:
                    await RunAsync(context, next);
                    break;
            }
        }

        // Filter methods of the controller have changed the arguments of the client's request already.
        private async Task<ActionExecutedContext> RunAsync(ActionExecutingContext context, ActionExecutionDelegate next)
        {
            foreach ((int index, object? value) in context.HttpContext.Features.GetRequiredFeature<ArgumentsOfRun>().ByParameter)
            {
                ParameterDescriptor parameter = context.ActionDescriptor.Parameters[index];
                context.ActionArguments[parameter.Name] = value;
            }

            // The filter that opens the stream of such an action belongs to the endpoint.
            if (!onlyWrites || await HttpEventStream.Of(context.HttpContext).TryOpenAsync())
            {
                return await next();
            }

            context.Result = new EmptyResult();
            return new ActionExecutedContext(context, context.Filters, context.Controller) { Canceled = true, Result = context.Result };
        }
    }
}
