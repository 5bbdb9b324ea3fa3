using System.ClientModel;
using ChatStreaming.Llm;

namespace ChatStreaming;

/// <summary>Says what went wrong with the model, in words for the person who waits and without the server's secrets.</summary>
internal static class ModelFailure
{
    public static ChatFailed ToEvent(this Exception exception) => exception switch
    {
        ModelCutOffException => new("The model stopped in the middle of its answer.", Retryable: true),
        ClientResultException { Status: 401 or 403 } => new("The model server refused the key. Check Llm:ApiKey.", Retryable: false),
        ClientResultException { Status: 404 } => new("The model server does not know this model or path. Check Llm:Endpoint and Llm:Model.", Retryable: false),
        ClientResultException { Status: 429 } => new("The model server is busy. Try again in a moment.", Retryable: true),
        ClientResultException { Status: >= 400 and < 500 } refused => new($"The model server refused the question (status {refused.Status}).", Retryable: false),
        ClientResultException { Status: 0 } or AggregateException or HttpRequestException or IOException => new("The model server could not be reached.", Retryable: true),
        _ => new("The model failed.", Retryable: true),
    };
}
