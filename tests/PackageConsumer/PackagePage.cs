using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;

namespace PackageConsumer;

/// <summary>Checks the README of a package: its code is compiled in this app, and its links work on any page.</summary>
internal static partial class PackagePage
{
    public static void Check(ZipArchive package)
    {
        string text = Read(package.GetEntry("README.md")!.Open());
        if (Links().Matches(text).Select(link => link.Groups[1].Value).FirstOrDefault(link => !link.StartsWith("https://")) is { } link)
        {
            throw new InvalidOperationException($"The package's README has the link '{link}', which needs to be absolute.");
        }

        string[] lines = [.. CSharpBlocks().Matches(text).SelectMany(block => block.Groups[1].Value.Split('\n'))];
        if (lines.Length == 0)
        {
            throw new InvalidOperationException("The package's README shows no code.");
        }

        HashSet<string> compiled = [.. ReadSources().SelectMany(source => source.Split('\n')).Select(line => line.Trim())];
        foreach (string line in lines)
        {
            // A line with an ellipsis stands for code of the reader.
            if (!compiled.Contains(line.Trim()) && !line.Contains('…'))
            {
                throw new InvalidOperationException($"The package's README has the line '{line}', which no code of this app has.");
            }
        }
    }

    private static IEnumerable<string> ReadSources()
    {
        Assembly app = typeof(PackagePage).Assembly;
        return app.GetManifestResourceNames().Where(name => name.EndsWith(".cs", StringComparison.Ordinal))
            .Select(name => Read(app.GetManifestResourceStream(name)!));
    }

    private static string Read(Stream content)
    {
        using var reader = new StreamReader(content);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CSharpBlocks();

    [GeneratedRegex(@"\]\(([^)]*)\)")]
    private static partial Regex Links();
}
