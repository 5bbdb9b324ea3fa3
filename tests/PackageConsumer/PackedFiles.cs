using System.IO.Compression;
using System.Xml.Linq;

namespace PackageConsumer;

/// <summary>Checks the contents of a package: for its page, for editors and for debuggers.</summary>
internal static class PackedFiles
{
    public static void Check(string packageFile, string id, params string[] dependencies)
    {
        Require(packageFile, "README.md", "LICENSE", $"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml");
        Require(Path.ChangeExtension(packageFile, ".snupkg"), $"lib/net10.0/{id}.pdb");

        using ZipArchive package = ZipFile.OpenRead(packageFile);
        using Stream manifest = package.GetEntry($"{id}.nuspec")!.Open();
        XElement metadata = XDocument.Load(manifest).Root!.Elements().Single(element => element.Name.LocalName == "metadata");
        RequireText(metadata, "license", "MIT");
        RequireText(metadata, "readme", "README.md");
        string[] found = [.. metadata.Descendants()
            .Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value)];
        if (!found.Order().SequenceEqual(dependencies.Order()))
        {
            throw new InvalidOperationException(
                $"{id} needs the shared framework and [{string.Join(", ", dependencies)}], "
                + $"but the package depends on [{string.Join(", ", found)}].");
        }

        Console.WriteLine($"{Path.GetFileName(packageFile)}: files, licence and dependencies as due");
    }

    private static void Require(string archiveFile, params string[] names)
    {
        using ZipArchive archive = ZipFile.OpenRead(archiveFile);
        foreach (string name in names)
        {
            if (archive.GetEntry(name) is not { Length: > 0 })
            {
                throw new InvalidOperationException($"{Path.GetFileName(archiveFile)} has no {name}.");
            }
        }
    }

    private static void RequireText(XElement metadata, string name, string expected)
    {
        string? actual = metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name)?.Value;
        if (actual != expected)
        {
            throw new InvalidOperationException($"The package has {name} '{actual}' instead of '{expected}'.");
        }
    }
}
