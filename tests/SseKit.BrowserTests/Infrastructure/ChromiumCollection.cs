using System.Diagnostics.CodeAnalysis;

namespace SseKit.BrowserTests.Infrastructure;

[CollectionDefinition(Name)]
[SuppressMessage("Naming", "CA1711", Justification = "The test framework calls it a collection.")]
public sealed class ChromiumCollection : ICollectionFixture<Chromium>
{
    public const string Name = "Chromium";
}
