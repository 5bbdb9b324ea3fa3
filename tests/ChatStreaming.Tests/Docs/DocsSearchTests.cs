using ChatStreaming.Docs;

namespace ChatStreaming.Tests.Docs;

/// <summary>Questions to the docs as they are, each with the page that answers it, or one of them.</summary>
public sealed class DocsSearchTests
{
    private static readonly DocsIndex Index = new(EmbeddedDocs.Load());

    [Theory]
    [InlineData("How do I send events to one user?", "topics", "recipes/user-notifications")]
    [InlineData("Does nginx hold events back?", "troubleshooting", "deployment")]
    [InlineData("What happens when the host stops?", "deployment")]
    [InlineData("Why do events arrive late?", "troubleshooting")]
    [InlineData("Why does a client get an event twice?", "troubleshooting")]
    [InlineData("How do I use a bearer token with EventSource?", "authentication", "recipes/eventsource-tickets")]
    [InlineData("Does it work with IIS?", "deployment")]
    [InlineData("How many connections can a browser open?", "deployment", "recipes/many-tabs")]
    [InlineData("What is a gap?", "concepts", "topics")]
    [InlineData("How do I write my own store?", "stores/your-own")]
    [InlineData("How do I publish in a database transaction?", "stores/postgresql", "stores/sqlite")]
    [InlineData("How do I test a streaming endpoint?", "testing")]
    [InlineData("How do I migrate from SignalR?", "migrating")]
    [InlineData("How do I make an existing endpoint resumable?", "resumable-endpoints")]
    [InlineData("Does it support Native AOT?", "handlers")]
    [InlineData("How do I disconnect a user?", "connections")]
    [InlineData("How do I get the last 20 events?", "topics")]
    [InlineData("Is there a health check?", "operating", "deployment")]
    [InlineData("How do I send a heartbeat?", "protocols")]
    public void A_question_finds_its_page(string question, params string[] pages)
    {
        IReadOnlyList<Passage> passages = Index.Find(question, 6);

        Assert.Contains(passages is [var first, ..] ? first.Source : "", pages.Select(static page => $"src/docs/{page}.md"));
        Assert.Single(passages.Select(static passage => passage.Origin).Distinct());
    }

    [Theory]
    [InlineData("How do I send an email?")]
    [InlineData("Can I use MongoDB as a store?")]
    [InlineData("Does it support GraphQL subscriptions?")]
    [InlineData("How do I connect from Python with gRPC?")]
    [InlineData("Which license does Kafka have?")]
    [InlineData("How do I bake bread?")]
    [InlineData("What is the capital of France?")]
    [InlineData("What is 2+2?")]
    public void A_question_without_an_answer_finds_nothing(string question) => Assert.Empty(Index.Find(question, 6));

    [Fact]
    public void The_long_answer_is_about_this_sample()
    {
        IReadOnlyList<Passage> passages = Index.FindWithRest("Explain how an answer continues after a reload");

        Assert.Equal("How a reload finds the answer again", passages[0].Title);
        Assert.Contains("How the Stop button works", passages.Select(static passage => passage.Title));
    }

    [Fact]
    public void Every_page_but_the_tables_of_contents_is_searched()
    {
        string[] sources = [.. Index.Passages.Select(static passage => passage.Source).Distinct()];

        Assert.Contains("README.md", sources);
        Assert.Contains("src/docs/getting-started.md", sources);
        Assert.Contains("src/docs/stores/README.md", sources);
        Assert.DoesNotContain("src/docs/README.md", sources);
    }
}
