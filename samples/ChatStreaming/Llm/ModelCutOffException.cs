namespace ChatStreaming.Llm;

/// <summary>The model's stream ended without a finish reason, so the answer is not known to be whole.</summary>
internal sealed class ModelCutOffException()
    : Exception("The model's stream ended without a finish reason.");
