using System.Text.Json;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Ends;

/// <summary>The table of clients in the docs, and the versions of the packages that the tests run.</summary>
internal static class ClientTable
{
    private const string Version = "Version";

    /// <summary>The columns of the table, with the end that each is about.</summary>
    private static readonly Dictionary<string, string> Ends = new()
    {
        ["Complete"] = "complete",
        ["Broken"] = "broken",
        ["Cut by SseKit"] = "cut",
        ["Host stopped"] = "stopped",
        ["204"] = "no-content",
        ["503"] = "busy",
        ["Topic completed"] = "topic",
    };

    /// <summary>The cells, by the client's title and the end.</summary>
    public static Dictionary<(string Title, string End), string> Cells { get; } =
        RowsOf().SelectMany(row => row.Where(cell => Ends.ContainsKey(cell.Key)).Select(cell => ((row["Client"], Ends[cell.Key]), cell.Value)))
            .ToDictionary(cell => cell.Item1, cell => cell.Value);

    /// <summary>The versions that the table states, by the client's title.</summary>
    public static Dictionary<string, string> Versions { get; } = RowsOf().ToDictionary(row => row["Client"], row => row[Version]);

    /// <summary>The version of a package that the tests run.</summary>
    public static string VersionOf(string package)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(NodeClients.PathOf("package.json")));
        return file.RootElement.GetProperty("dependencies").GetProperty(package).GetString()!.Split('@')[^1];
    }

    private static IEnumerable<Dictionary<string, string>> RowsOf()
    {
        using Stream content = typeof(ClientTable).Assembly.GetManifestResourceStream("clients.md")!;
        string[][] lines =
        [
            .. new StreamReader(content).ReadToEnd().Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .Select(line => line.Trim('|', '\r').Split('|', StringSplitOptions.TrimEntries))
        ];
        string[] head = lines.First(line => line[0] == "Client");
        return lines.SkipWhile(line => line != head).Skip(2).TakeWhile(line => line.Length == head.Length)
            .Select(line => head.Zip(line).ToDictionary(pair => pair.First, pair => pair.Second));
    }
}
