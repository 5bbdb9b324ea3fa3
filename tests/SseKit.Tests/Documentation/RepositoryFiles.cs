namespace SseKit.Tests.Documentation;

/// <summary>The files of the repository, by paths relative to its root.</summary>
internal static class RepositoryFiles
{
    private static readonly HashSet<string> Generated =
        new(["bin", "obj", "node_modules", "artifacts", "TestResults", "data"], StringComparer.Ordinal);

    public static string Root { get; } = FindRoot();

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    public static bool Exists(string path) => Path.Exists(Path.Combine(Root, path));

    /// <summary>The paths of the files below a folder, without those that a build makes, and without hidden folders.</summary>
    public static IEnumerable<string> Find(string folder, params string[] extensions) =>
        FindBelow(new DirectoryInfo(Path.Combine(Root, folder)), extensions)
            .Select(file => Path.GetRelativePath(Root, file.FullName).Replace('\\', '/')).Order(StringComparer.Ordinal);

    private static IEnumerable<FileInfo> FindBelow(DirectoryInfo folder, string[] extensions) =>
        folder.EnumerateFiles().Where(file => extensions.Contains(file.Extension)).Concat(
            folder.EnumerateDirectories()
                .Where(each => !Generated.Contains(each.Name) && each.Name[0] != '.' && each.LinkTarget is null)
                .SelectMany(each => FindBelow(each, extensions)));

    private static string FindRoot()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "SseKit.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The tests do not run below the repository.");
        }

        return root;
    }
}
