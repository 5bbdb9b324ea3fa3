using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Ends;

/// <summary>What clients do after each end of a stream, as the docs state it.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ClientEndsTests(ClientEnds clients) : IClassFixture<ClientEnds>
{
    public static TheoryData<string, string> All
    {
        get
        {
            var all = new TheoryData<string, string>();
            foreach (EndsClient client in EndsClient.All)
            {
                foreach (string end in StreamEnds.Names)
                {
                    all.Add(client.Name, end);
                }
            }

            return all;
        }
    }

    public static TheoryData<string> Names => [.. EndsClient.All.Select(static client => client.Name)];

    [ClientTheory]
    [MemberData(nameof(All))]
    public void A_client_does_after_an_end_what_the_docs_state(string name, string end)
    {
        EndsClient client = EndsClient.Named(name);

        Assert.Equal(ClientTable.Cells[(client.Title, end)], clients.Ends.Observe(client, end));
    }

    [ClientTheory]
    [MemberData(nameof(Names))]
    public void The_docs_state_the_measured_version(string name)
    {
        EndsClient client = EndsClient.Named(name);

        if (client.Package is { } package)
        {
            Assert.Equal(ClientTable.VersionOf(package), ClientTable.Versions[client.Title]);
        }
    }

    [Fact]
    public void The_docs_state_each_client_once() =>
        Assert.Equal(EndsClient.All.Select(static client => client.Title), ClientTable.Versions.Keys);
}
