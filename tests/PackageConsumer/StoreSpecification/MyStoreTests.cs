using SseKit;
using SseKit.StoreSpecification;
using SseKit.Tests.Stores;

namespace PackageConsumer;

/// <summary>The smallest store of the package's README, tested as the README says.</summary>
public sealed class MyStoreTests : EventStoreSpecification
{
    [Fact]
    public void The_package_is_complete() =>
        PackedFiles.Check(
            Environment.GetEnvironmentVariable("PACKAGE")!, "SseKit.StoreSpecification",
            "SseKit", "xunit.assert", "xunit.extensibility.core");

    // An empty store, for this test alone.
    protected override ValueTask<ISseEventStore> CreateStoreAsync() => new(new SmallestEventStore());

    // Deletes events as time or size would.
    protected override ValueTask ExpireAsync(ISseEventStore store, string topic, long throughSequence) =>
        ((SmallestEventStore)store).TrimAsync(topic, throughSequence, CancellationToken.None);
}
