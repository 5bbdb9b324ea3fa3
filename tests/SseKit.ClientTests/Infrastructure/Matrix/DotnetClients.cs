using System.ClientModel;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;

namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>The clients of the matrix that run on .NET.</summary>
internal static class DotnetClients
{
    public static async Task<MatrixOutcome> ReadAsync(string client, HttpMethod method, Uri address)
    {
        var messages = new List<string>();
        try
        {
            await foreach (string message in client == "sse-parser" ? ParseAsync(method, address) : AskAsync(address))
            {
                messages.Add(message);
            }

            return new MatrixOutcome([.. messages], null);
        }
        catch (Exception failure) when (failure is not OutOfMemoryException)
        {
            return new MatrixOutcome([.. messages], failure.ToString());
        }
    }

    private static async IAsyncEnumerable<string> ParseAsync(HttpMethod method, Uri address)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(method, address);
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using Stream body = await response.Content.ReadAsStreamAsync();
        await foreach (SseItem<JsonNode> item in SseParser.Create(body, static (_, data) => JsonNode.Parse(data)!).EnumerateAsync())
        {
            if (!item.EventType.StartsWith("ssekit.", StringComparison.Ordinal))
            {
                yield return $"{item.EventType} {item.Data["number"]} {item.Data["text"]}";
            }
        }
    }

    private static async IAsyncEnumerable<string> AskAsync(Uri address)
    {
        var client = new ChatClient("m", new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = address });
        await foreach (StreamingChatCompletionUpdate update in client.CompleteChatStreamingAsync("?"))
        {
            yield return update.ContentUpdate[0].Text;
        }
    }
}
