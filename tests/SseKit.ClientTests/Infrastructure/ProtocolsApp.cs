using Protocols;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>The sample with the protocols of AI APIs.</summary>
public class ProtocolsApp : SampleApp<ModelFailedException>
{
    public static string Answer => ScriptedChatClient.Answer;

    protected override bool IsExpected(LogRecord record) => record.Exception is ModelFailedException;
}
