namespace ChatStreaming;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Failed to get an answer from the model {Model}; the answer ends with an error.")]
    public static partial void ModelFailed(ILogger logger, string model, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Open {Url} to chat. Answers come from: {Model}.")]
    public static partial void Ready(ILogger logger, string url, string model);

    [LoggerMessage(3, LogLevel.Error, "Failed to store the result of an answer; the next request for the chat settles it.")]
    public static partial void AnswerNotKept(ILogger logger, Exception exception);
}
