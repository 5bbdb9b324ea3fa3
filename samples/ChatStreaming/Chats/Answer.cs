using System.Net.ServerSentEvents;
using System.Text.Json;

namespace ChatStreaming.Chats;

/// <summary>The state of an answer, its text, and the number of events that brought the text.</summary>
internal sealed record Answer(
    string State, string Text, int Events = 0, string? Label = null, string? FinishReason = null, ChatUsage? Usage = null,
    ChatFailed? Failure = null)
{
    public const string Running = "running";
    public const string Done = "done";
    public const string Stopped = "stopped";
    public const string Failed = "failed";
    public const string Interrupted = "interrupted";

    /// <summary>Whether later requests to the model contain the answer.</summary>
    public bool IsPartOfConversation => State is Done or Stopped && Text.Length > 0;

    /// <summary>The answer after one more of its events. The reader of the events collects the text of deltas.</summary>
    public Answer After(SseItem<string> item) => item.EventType switch
    {
        "start" => this with { Label = Read<ChatStart>(item).Label },
        "delta" => this with { Events = Events + 1 },
        "done" => EndedBy(Read<ChatDone>(item)),
        "stopped" => this with { State = Stopped },
        "failed" => EndedBy(Read<ChatFailed>(item)),
        _ => this,
    };

    public static T Read<T>(SseItem<string> item) => JsonSerializer.Deserialize<T>(item.Data, JsonSerializerOptions.Web)!;

    private Answer EndedBy(ChatDone done) => this with { State = Done, FinishReason = done.FinishReason, Usage = done.Usage };

    private Answer EndedBy(ChatFailed failure) =>
        this with { State = failure.Code == ChatFailed.InterruptedCode ? Interrupted : Failed, Failure = failure };
}
