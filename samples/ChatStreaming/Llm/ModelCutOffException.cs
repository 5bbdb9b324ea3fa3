namespace ChatStreaming.Llm;

/// <summary>The model's stream ended without a finish reason, so the answer may be incomplete.</summary>
internal sealed class ModelCutOffException()
    : Exception("The model's stream ended without a finish reason.");
