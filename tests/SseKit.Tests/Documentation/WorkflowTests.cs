using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace SseKit.Tests.Documentation;

/// <summary>The repository's own YAML: its workflows have few rights and pinned actions, and every file can be parsed.</summary>
public sealed partial class WorkflowTests
{
    private const string Folder = ".github";

    public static TheoryData<string> Files => [.. RepositoryFiles.Find(Folder, ".yml")];

    public static TheoryData<string> Workflows => [.. RepositoryFiles.Find($"{Folder}/workflows", ".yml")];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_is_a_mapping_without_duplicate_keys(string file)
    {
        YamlMappingNode root = Parse(file);

        Assert.NotEmpty(root.Children);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_workflow_may_read_the_repository_and_no_more(string file)
    {
        var permissions = (YamlMappingNode)Parse(file).Children["permissions"];

        Assert.Equal(["contents: read"], permissions.Select(permission => $"{permission.Key}: {permission.Value}"));
    }

    [Fact]
    public void A_job_with_more_rights_is_listed()
    {
        IEnumerable<string> jobs =
            from file in RepositoryFiles.Find($"{Folder}/workflows", ".yml")
            from job in (YamlMappingNode)Parse(file).Children["jobs"]
            where job.Value is YamlMappingNode each && each.Children.ContainsKey("permissions")
            from right in PermissionsOf((YamlMappingNode)job.Value)
            where right != "contents: read"
            select $"{Path.GetFileName(file)}, {job.Key}, {right}";

        Assert.Equal(
            [
                "codeql.yml, analyze, security-events: write",
                "release.yml, pack, attestations: write",
                "release.yml, pack, id-token: write",
                "release.yml, publish, contents: write",
                "release.yml, publish, id-token: write",
            ],
            jobs.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void An_action_is_pinned_to_a_commit_with_its_version(string file)
    {
        IEnumerable<string> actions = Uses().Matches(RepositoryFiles.Read(file)).Select(use => use.Groups[1].Value.Trim());

        Assert.NotEmpty(actions);
        Assert.DoesNotContain(actions, action => !action.StartsWith("./", StringComparison.Ordinal) && !Pinned().IsMatch(action));
    }

    [Theory]
    [InlineData("bug.yml")]
    [InlineData("feature.yml")]
    public void An_issue_form_has_what_GitHub_requires(string name)
    {
        YamlMappingNode form = Parse($"{Folder}/ISSUE_TEMPLATE/{name}");

        Assert.Subset(form.Children.Keys.Select(key => key.ToString()).ToHashSet(), new HashSet<string> { "name", "description", "body" });
        foreach (YamlMappingNode field in ((YamlSequenceNode)form.Children["body"]).Cast<YamlMappingNode>())
        {
            Assert.Contains(field.Children["type"].ToString(), (string[])["markdown", "input", "textarea", "dropdown", "checkboxes"]);
            Assert.NotEmpty(((YamlMappingNode)field.Children["attributes"]).Children["label"].ToString());
        }
    }

    // A single word, such as write-all, or a mapping.
    private static IEnumerable<string> PermissionsOf(YamlMappingNode job) => job.Children["permissions"] is YamlMappingNode rights
        ? rights.Select(right => $"{right.Key}: {right.Value}")
        : [job.Children["permissions"].ToString()];

    private static YamlMappingNode Parse(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(RepositoryFiles.Read(file)));
        return (YamlMappingNode)yaml.Documents.Single().RootNode;
    }

    [GeneratedRegex("^ *(?:- )?uses: (.*)$", RegexOptions.Multiline)]
    private static partial Regex Uses();

    [GeneratedRegex("^[^@ ]+@[0-9a-f]{40} # v[0-9]+(\\.[0-9]+)+$")]
    private static partial Regex Pinned();
}
