namespace ChatStreaming.Llm;

/// <summary>
/// The section <c>Llm</c> of the configuration: the OpenAI-compatible server that answers. Without an endpoint, the demo model answers.
/// </summary>
internal sealed class LlmOptions
{
    /// <summary>The base address, such as <c>http://localhost:11434/v1</c>.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The model's name on that server. Some servers have only one model and accept any name.</summary>
    public string Model { get; set; } = "default";

    /// <summary>The key, if the server needs one.</summary>
    public string? ApiKey { get; set; }
}
