namespace SseKit.Tests.Architecture;

/// <summary>The folders of the library are its layers: a later one may know an earlier one, never the reverse.</summary>
public sealed class LayerTests
{
    private static readonly IReadOnlyList<CodeReference> Library = AssemblyReferences.Read(typeof(SseEventWriter).Assembly, "src/SseKit/");

    private static readonly string[] Order = ["Protocol", "Storage", "Topics", "Connections", "Http", "DependencyInjection"];

    // Only Http names HttpContext and its kin, and the composition root may.
    private static readonly Dictionary<string, string> Reserved = new() { ["Microsoft.AspNetCore."] = "Http" };

    [Fact]
    public void No_layer_knows_a_later_one()
    {
        IReadOnlyList<string> violations = new LayerRules(Order, Reserved).Violations(Library);

        Assert.True(violations.Count == 0, $"Arrows that point backwards:\n{string.Join('\n', violations)}");
    }

    [Fact]
    public void Every_folder_has_its_place_in_the_order()
    {
        IReadOnlyList<string> unknown = new LayerRules(Order, Reserved).UnknownFolders(Library);

        Assert.Empty(unknown);
    }

    [Fact]
    public void The_order_turned_round_is_violated()
    {
        IReadOnlyList<string> violations = new LayerRules([.. Order.Reverse()], Reserved).Violations(Library);

        Assert.Contains("Connections/SseConnection knows Protocol/SseOutput", violations);
        Assert.Contains("Protocol/SseEventWriter.WriteAllAsync knows Protocol/SseEventFields.ForType", Library.Select(known => known.ToString()));
    }
}
