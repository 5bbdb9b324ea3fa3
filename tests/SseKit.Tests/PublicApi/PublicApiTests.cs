using System.Reflection;

namespace SseKit.Tests.PublicApi;

/// <summary>The public surface is reviewed like code: a change to it shows up as a change of a text file.</summary>
public sealed class PublicApiTests
{
    private const string Accept = "SSEKIT_ACCEPT_API";

    [Theory]
    [InlineData("SseKit")]
    [InlineData("SseKit.PostgreSql")]
    public async Task The_public_surface_is_the_one_that_was_accepted(string library)
    {
        string path = Path.Combine(RepositoryRoot(), "tests", "SseKit.Tests", "PublicApi", $"{library}.txt");
        string actual = ApiText.Of(Assembly.Load(library));
        if (Environment.GetEnvironmentVariable(Accept) == "1")
        {
            await File.WriteAllTextAsync(path, actual);
        }

        string accepted = File.Exists(path) ? await File.ReadAllTextAsync(path) : "";

        Assert.True(
            accepted == actual,
            $"The public surface of {library} is not the one in {Path.GetFileName(path)}:\n{string.Join('\n', ApiDifference.Between(accepted, actual))}\n"
            + $"If this is meant, run the test once with {Accept}=1 and commit the file.");
    }

    [Fact]
    public void A_difference_names_the_type_and_the_lines()
    {
        const string Accepted = "namespace A\npublic class B\n{\n    public void C();\n    public void D();\n}\n";
        const string Actual = "namespace A\npublic class B\n{\n    public void D();\n    public void E();\n}\n";

        IEnumerable<string> difference = ApiDifference.Between(Accepted, Actual);

        Assert.Equal(["  public class B", "-     public void C();", "+     public void E();"], difference);
    }

    private static string RepositoryRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "SseKit.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException($"No SseKit.sln above {AppContext.BaseDirectory}.");
    }
}
