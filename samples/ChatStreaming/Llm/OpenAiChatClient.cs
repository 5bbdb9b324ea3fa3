using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using OpenAI;
using Wire = OpenAI.Chat;

namespace ChatStreaming.Llm;

/// <summary>Calls any server with OpenAI's chat completions, by the OpenAI package.</summary>
internal sealed class OpenAiChatClient : IChatClient
{
    // Servers without keys get a header too, because the package requires one.
    private const string NoKey = "none";

    private readonly HttpClient _http;
    private readonly Wire.ChatClient _client;

    public OpenAiChatClient(LlmOptions options)
    {
        if (!Uri.TryCreate(options.Endpoint, UriKind.Absolute, out Uri? endpoint) || endpoint.Scheme is not ("http" or "https"))
        {
            throw new InvalidOperationException(
                $"Llm:Endpoint is \"{options.Endpoint}\", but must be an http or https address, such as http://localhost:11434/v1.");
        }

        // Otherwise an answer that is stopped between two reads would be read for two more seconds, and the model would continue.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ResponseDrainTimeout = TimeSpan.Zero })
        {
            Timeout = Timeout.InfiniteTimeSpan, // The package applies its own timeout to each read.
        };
        var credential = new ApiKeyCredential(string.IsNullOrEmpty(options.ApiKey) ? NoKey : options.ApiKey);
        _client = new Wire.ChatClient(options.Model, credential, new OpenAIClientOptions
        {
            Endpoint = endpoint,
            Transport = new HttpClientPipelineTransport(_http),
            // The page has a button to retry, so one retry is enough here.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 1),
        });
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        bool finished = false;
        await foreach (Wire.StreamingChatCompletionUpdate update in
            _client.CompleteChatStreamingAsync(messages.Select(ToWire), cancellationToken: cancellationToken))
        {
            finished |= update.FinishReason is not null;
            yield return FromWire(update);
        }

        // The package takes a broken connection, and a frame data: {"error":…}, for a normal end. Only the finish reason shows the
        // difference.
        if (!finished)
        {
            throw new ModelCutOffException();
        }
    }

    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() => _http.Dispose();

    private static Wire.ChatMessage ToWire(ChatMessage message) =>
        message.Role == ChatRole.Assistant ? new Wire.AssistantChatMessage(message.Text)
        : message.Role == ChatRole.System ? new Wire.SystemChatMessage(message.Text)
        : new Wire.UserChatMessage(message.Text);

    private static ChatResponseUpdate FromWire(Wire.StreamingChatCompletionUpdate update)
    {
        var result = new ChatResponseUpdate
        {
            Role = ChatRole.Assistant,
            ModelId = update.Model,
            ResponseId = update.CompletionId,
            FinishReason = FromWire(update.FinishReason),
        };
        string text = string.Concat(update.ContentUpdate.Select(static part => part.Text)) + update.RefusalUpdate;
        if (text.Length > 0)
        {
            result.Contents.Add(new TextContent(text));
        }

        if (update.Usage is { } usage)
        {
            result.Contents.Add(new UsageContent(new UsageDetails
            {
                InputTokenCount = usage.InputTokenCount,
                OutputTokenCount = usage.OutputTokenCount,
                TotalTokenCount = usage.TotalTokenCount,
            }));
        }

        return result;
    }

    private static ChatFinishReason? FromWire(Wire.ChatFinishReason? reason) => reason switch
    {
        null => null,
        Wire.ChatFinishReason.Stop => ChatFinishReason.Stop,
        Wire.ChatFinishReason.Length => ChatFinishReason.Length,
        Wire.ChatFinishReason.ContentFilter => ChatFinishReason.ContentFilter,
        Wire.ChatFinishReason.ToolCalls => ChatFinishReason.ToolCalls,
        _ => new ChatFinishReason(reason.Value.ToString()),
    };
}
