namespace SseKit.Benchmarks.Micro;

public enum EventShape
{
    /// <summary>"tick 12345"</summary>
    ShortText,

    /// <summary>Three lines.</summary>
    MultiLine,

    /// <summary>1 KB of ASCII.</summary>
    OneKilobyte,

    /// <summary>A small record as JSON.</summary>
    Json,

    /// <summary>A short text with an id and an event type.</summary>
    IdAndType,
}
