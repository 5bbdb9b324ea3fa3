using System.ClientModel;
using ChatStreaming.Chats;

namespace ChatStreaming.Llm;

/// <summary>Converts a failure of the model to an event, with a message for the user and without the server's secrets.</summary>
internal static class ModelFailure
{
    public static ChatFailed ToEvent(this Exception exception) => exception switch
    {
        ModelCutOffException => new("cut_off", "The model stopped in the middle of its answer.", Retryable: true),
        ClientResultException { Status: 401 or 403 } =>
            new("key_refused", "The model server refused the key. Check Llm:ApiKey.", Retryable: false),
        ClientResultException { Status: 404 } =>
            new("model_unknown", "The model server does not have this model or path. Check Llm:Endpoint and Llm:Model.", Retryable: false),
        ClientResultException { Status: 429 } => new("model_busy", "The model server is busy. Try again in a moment.", Retryable: true),
        ClientResultException { Status: >= 400 and < 500 } refused =>
            new("question_refused", $"The model server refused the question (status {refused.Status}).", Retryable: false),
        ClientResultException { Status: 0 } or AggregateException or HttpRequestException or IOException =>
            new("unreachable", "The model server could not be reached.", Retryable: true),
        _ => new("model_failed", "The model failed.", Retryable: true),
    };
}
