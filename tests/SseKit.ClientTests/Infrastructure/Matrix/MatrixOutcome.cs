namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>What a client got from one endpoint, and what it reported.</summary>
internal sealed record MatrixOutcome(string[] Messages, string? Error);
