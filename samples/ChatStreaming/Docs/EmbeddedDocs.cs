using System.Reflection;

namespace ChatStreaming.Docs;

/// <summary>The Markdown files that the build embeds into this assembly.</summary>
internal static class EmbeddedDocs
{
    public static IEnumerable<Passage> Load()
    {
        Assembly assembly = typeof(EmbeddedDocs).Assembly;
        foreach (string name in assembly.GetManifestResourceNames().Where(static name => name.EndsWith(".md", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            foreach (Passage passage in MarkdownPassages.Split(name, reader.ReadToEnd()))
            {
                yield return passage;
            }
        }
    }
}
