using System.Text.Json;

namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>The messages that a client got from one endpoint, and its report.</summary>
internal sealed record MatrixOutcome(string[] Messages, string? Error)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The outcomes that a script reported, by their endpoints.</summary>
    public static Dictionary<string, MatrixOutcome> AllOf(ClientReport report)
    {
        Assert.Null(report.Error);
        return report.More["outcomes"].Deserialize<Dictionary<string, MatrixOutcome>>(Json)!;
    }
}
