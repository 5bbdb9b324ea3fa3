namespace ChatStreaming;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The model {Model} failed.")]
    public static partial void ModelFailed(ILogger logger, string model, Exception exception);

    [LoggerMessage(2, LogLevel.Information, "Open {Url} to chat. Answers come from: {Model}.")]
    public static partial void Ready(ILogger logger, string url, string model);

    [LoggerMessage(3, LogLevel.Error, "An answer could not be kept.")]
    public static partial void AnswerNotKept(ILogger logger, Exception exception);
}
