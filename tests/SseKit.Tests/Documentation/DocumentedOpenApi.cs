using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace SseKit.Tests.Documentation;

/// <summary>The code of openapi.md.</summary>
internal static class DocumentedOpenApi
{
    public interface IQuotes
    {
        IAsyncEnumerable<decimal> Watch(string symbol, CancellationToken ct);
    }

    public static void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddOpenApi();
        AddSeveralTypes(builder);
        AddParametersOfActions(builder, new OpenApiSchema { Type = JsonSchemaType.String });
    }

    public static void Map(WebApplication app)
    {
        app.MapOpenApi();
        app.MapSse("/quotes/{symbol}", (string symbol, IQuotes quotes, CancellationToken ct) => quotes.Watch(symbol, ct));
        app.MapSse("/orders", () => SseResults.Follow("orders")).ProducesSseEvents<Order>("created", "changed");
    }

    private static void AddSeveralTypes(WebApplicationBuilder builder)
    {
        builder.Services.AddOpenApi(options => options.AddOperationTransformer(async (operation, context, ct) =>
        {
            var events = context.Description.ActionDescriptor.EndpointMetadata.OfType<SseEventMetadata>().ToList();
            if (events.Count > 1 && operation.Responses?["200"].Content?["text/event-stream"] is { } stream)
            {
                var schemas = new List<IOpenApiSchema>();
                foreach (var type in events.Select(each => each.DataType).Distinct())
                {
                    schemas.Add(await context.GetOrCreateSchemaAsync(type, cancellationToken: ct));
                }

                stream.Schema = new OpenApiSchema { AnyOf = schemas };
            }
        }));
    }

    private static void AddParametersOfActions(WebApplicationBuilder builder, OpenApiSchema text)
    {
        builder.Services.AddOpenApi(options => options.AddOperationTransformer((operation, context, ct) =>
        {
            if (context.Description.ActionDescriptor is ControllerActionDescriptor action
                && action.MethodInfo.ReturnType == typeof(SseFollowResult))
            {
                operation.Parameters ??= [];
                operation.Parameters.Add(new OpenApiParameter { Name = "Last-Event-ID", In = ParameterLocation.Header, Schema = text });
                operation.Parameters.Add(new OpenApiParameter { Name = "lastEventId", In = ParameterLocation.Query, Schema = text });
            }

            return Task.CompletedTask;
        }));
    }

    public sealed record Order(int Number);
}
