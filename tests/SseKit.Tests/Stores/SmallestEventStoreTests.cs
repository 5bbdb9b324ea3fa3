using SseKit.StoreSpecification;

namespace SseKit.Tests.Stores;

/// <summary>Holds the example of the specification's README to the contract.</summary>
public sealed class SmallestEventStoreTests : EventStoreSpecification
{
    [Fact]
    public void README_shows_the_tested_store()
    {
        string source = ReadFile("SseKit.Tests/Stores/SmallestEventStore.cs").Replace(
            "\nnamespace SseKit.Tests.Stores;\n", "using SseKit;\n", StringComparison.Ordinal);

        Assert.Contains(
            $"```csharp\n{source}```\n", ReadFile("SseKit.StoreSpecification/README.md"), StringComparison.Ordinal);
    }

    protected override ValueTask<ISseEventStore> CreateStoreAsync() => ValueTask.FromResult<ISseEventStore>(new SmallestEventStore());

    protected override ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence) =>
        ((SmallestEventStore)store).TrimAsync(topic, throughSequence, TimeLimit);

    private static string ReadFile(string path)
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "SseKit.sln")))
        {
            root = Path.GetDirectoryName(root) ?? throw new InvalidOperationException("The tests do not run below the repository.");
        }

        return File.ReadAllText(Path.Combine(root, "tests", path));
    }
}
