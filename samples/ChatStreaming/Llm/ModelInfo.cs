namespace ChatStreaming.Llm;

/// <summary>The model's names on the page.</summary>
internal sealed record ModelInfo(string Model, string Label);
