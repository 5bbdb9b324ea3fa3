using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using SseKit;

namespace Recipes;

internal static class LlmProxy
{
    public static Recipe Recipe { get; } = new(
        "llm-proxy", "The answer of an OpenAI-compatible model continues after a reload.", AddLlmProxy, MapLlmProxy);

    public static void AddLlmProxy(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
        builder.Services.AddHttpClient("model", (services, client) =>
        {
            client.BaseAddress = builder.Configuration["Llm:Endpoint"] is { } endpoint ? new Uri(endpoint) : OwnAddress.Of(services, "model/");
            client.DefaultRequestHeaders.Authorization = builder.Configuration["Llm:ApiKey"] is { } key
                ? new AuthenticationHeaderValue("Bearer", key)
                : null;
        });
    }

    public static void MapLlmProxy(WebApplication app)
    {
        app.UseFileServer();

        app.MapSse("/answers/{id:guid}", ["POST"], ForwardAsync)
            .WithSseTerminator("[DONE]")
            .WithSseFailureEvent(_ => new SseItem<string>("""{"error":{"message":"The answer was cut off."}}"""))
            .WithSseReplay(TopicOf)
            .WithSseRunLimit(100);
        app.MapSseRun("/answers/{id:guid}", TopicOf);
        app.MapDelete("/answers/{id:guid}", async (HttpContext context, ISseRuns runs, CancellationToken ct) =>
            await runs.StopAsync(TopicOf(context), ct) ? Results.NoContent() : Results.NotFound());

        app.MapScriptedModel();
    }

    // The page chooses a random id for each question. In an app with users, the topic begins with the user's id.
    private static string TopicOf(HttpContext context) => $"answer:{context.Request.RouteValues["id"]}";

    private static async Task<IResult> ForwardAsync(
        HttpRequest question, IHttpClientFactory clients, SseEventWriter events, CancellationToken ct)
    {
        using HttpClient client = clients.CreateClient("model");
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = new StreamContent(question.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpResponseMessage? answer = await TrySendAsync(client, request, ct);
        if (answer is null)
        {
            return Results.Problem("The model is unreachable.", statusCode: StatusCodes.Status502BadGateway);
        }

        if (!answer.IsSuccessStatusCode)
        {
            // No event has been written, so the client gets the model's status and reason.
            string reason = await answer.Content.ReadAsStringAsync(ct);
            return Results.Text(reason, answer.Content.Headers.ContentType?.ToString(), statusCode: (int)answer.StatusCode);
        }

        // Opens the stream, so that heartbeats keep it while the model is silent. Clients do not get the comment.
        await events.WriteCommentAsync("answer", ct);
        await foreach (SseItem<string> item in SseParser.Create(await answer.Content.ReadAsStreamAsync(ct)).EnumerateAsync(ct))
        {
            if (item.Data == "[DONE]")
            {
                return Results.Empty; // WithSseTerminator writes it to the clients.
            }

            await events.WriteAsync(item.Data, ct);
        }

        throw new HttpRequestException("The model ended its answer without [DONE].");
    }

    private static async Task<HttpResponseMessage?> TrySendAsync(HttpClient client, HttpRequestMessage request, CancellationToken ct)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (Exception exception) when (exception is HttpRequestException || !ct.IsCancellationRequested)
        {
            // Also the timeout of the client, which is an OperationCanceledException.
            return null;
        }
    }
}
