namespace ChatStreaming.Llm;

/// <summary>The section <c>Llm</c> of the configuration: which OpenAI-compatible server answers. Without an endpoint, the demo model does.</summary>
internal sealed class LlmOptions
{
    /// <summary>The base address, such as <c>http://localhost:11434/v1</c>.</summary>
    public string? Endpoint { get; set; }

    /// <summary>The model's name on that server. Some servers have only one and take any name.</summary>
    public string Model { get; set; } = "default";

    /// <summary>The key, where the server wants one.</summary>
    public string? ApiKey { get; set; }
}
