namespace ChatStreaming.Llm;

/// <summary>What the page calls the model.</summary>
internal sealed record ModelInfo(string Model, string Label);
