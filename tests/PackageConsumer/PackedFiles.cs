using System.IO.Compression;
using System.Xml.Linq;

namespace PackageConsumer;

/// <summary>Checks the contents of a package: for its page, for editors and for debuggers.</summary>
internal static class PackedFiles
{
    public static void Check(string packageFile, string id, params string[] dependencies)
    {
        using ZipArchive package = ZipFile.OpenRead(packageFile);
        using ZipArchive symbols = ZipFile.OpenRead(Path.ChangeExtension(packageFile, ".snupkg"));
        Require(package, "README.md", "LICENSE", "icon.png", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml");
        Require(symbols, $"lib/net10.0/{id}.pdb");
        PackagePage.Check(package);

        XElement metadata = ReadMetadata(package, id);
        RequireText(metadata, "license", "MIT");
        RequireText(metadata, "readme", "README.md");
        RequireText(metadata, "icon", "icon.png");
        foreach (string name in (string[])["projectUrl", "description", "releaseNotes", "tags"])
        {
            RequireAny(metadata, name, Find(metadata, name)?.Value);
        }

        RequireAny(metadata, "repository", Find(metadata, "repository")?.Attribute("url")?.Value);
        RequireDependencies(metadata, id, dependencies);
        Console.WriteLine($"{Path.GetFileName(packageFile)}: files, page, licence and dependencies as due");
    }

    private static XElement ReadMetadata(ZipArchive package, string id)
    {
        using Stream manifest = package.GetEntry($"{id}.nuspec")!.Open();
        return XDocument.Load(manifest).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
    }

    private static void RequireDependencies(XElement metadata, string id, string[] dependencies)
    {
        string[] found = [.. metadata.Descendants()
            .Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value)];
        if (!found.Order().SequenceEqual(dependencies.Order()))
        {
            throw new InvalidOperationException(
                $"{id} needs the shared framework and [{string.Join(", ", dependencies)}], "
                + $"but the package depends on [{string.Join(", ", found)}].");
        }
    }

    private static void Require(ZipArchive archive, params string[] names)
    {
        foreach (string name in names)
        {
            if (archive.GetEntry(name) is not { Length: > 0 })
            {
                throw new InvalidOperationException($"The package has no {name}.");
            }
        }
    }

    private static void RequireText(XElement metadata, string name, string expected)
    {
        string? actual = Find(metadata, name)?.Value;
        if (actual != expected)
        {
            throw new InvalidOperationException($"The package has {name} '{actual}' instead of '{expected}'.");
        }
    }

    private static void RequireAny(XElement metadata, string name, string? value)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new InvalidOperationException($"The package has no {name} in its {metadata.Name.LocalName}.");
        }
    }

    private static XElement? Find(XElement metadata, string name) =>
        metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name);
}
