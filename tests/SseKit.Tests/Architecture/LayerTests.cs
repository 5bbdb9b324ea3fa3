namespace SseKit.Tests.Architecture;

/// <summary>The folders of the library are its layers: a later one may reference an earlier one, never the reverse.</summary>
public sealed class LayerTests
{
    private static readonly IReadOnlyList<CodeReference> Library = AssemblyReferences.Read(typeof(SseEventWriter).Assembly, "src/SseKit/");

    private static readonly string[] Order =
    [
        "Writing", "Stores", "Stores/InMemory", "Connections", "Topics/EventIds", "Topics", "Topics/Following", "Topics/Disconnecting",
        "Endpoints/Authentication", "Endpoints/Serving", "Interception", "Endpoints/Mapping", "Endpoints/Actions", "Endpoints",
        "Replay/Leases", "Replay/Filters", "Replay", "DependencyInjection",
    ];

    // Requests belong to the endpoints and the layers after them.
    private static readonly Dictionary<string, string> Reserved = new() { ["Microsoft.AspNetCore."] = "Endpoints/Authentication" };

    [Fact]
    public void No_layer_references_a_later_one()
    {
        IReadOnlyList<string> violations = new LayerRules(Order, Reserved).Violations(Library);

        Assert.True(violations.Count == 0, $"Arrows that point backwards:\n{string.Join('\n', violations)}");
    }

    // The order alone would allow this.
    [Fact]
    public void Connections_reference_no_store()
    {
        IEnumerable<CodeReference> known = Library.Where(
            reference => reference.From.Folders.Contains("Connections")
                && reference.To.Folders.Any(folder => folder.StartsWith("Stores", StringComparison.Ordinal)));

        Assert.Empty(known.Select(reference => reference.ToString()));
    }

    [Fact]
    public void Every_folder_is_in_the_order()
    {
        IReadOnlyList<string> unknown = new LayerRules(Order, Reserved).UnknownFolders(Library);

        Assert.Empty(unknown);
    }

    [Fact]
    public void The_reversed_order_is_violated()
    {
        IReadOnlyList<string> violations = new LayerRules([.. Order.Reverse()], Reserved).Violations(Library);

        Assert.Contains("Connections/StreamConnection references Writing/StreamOutput", violations);
        Assert.Contains(
            "Writing/SseEventWriter.ValueLoop references Writing/EventFields.ForType", Library.Select(
                reference => reference.ToString()));
    }
}
