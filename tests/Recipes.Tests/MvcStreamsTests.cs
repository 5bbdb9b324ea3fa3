using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed partial class MvcStreamsTests : RecipeTest
{
    private KestrelApp _app = null!;
    private HttpClient _http = null!;

    public override async Task InitializeAsync()
    {
        // The app of a test is the test host, so the parts of the recipe's assembly are named.
        _app = await StartAsync(
            MvcStreams.Recipe,
            builder => builder.Services.AddControllers()
                .AddApplicationPart(typeof(StockController).Assembly)
                .AddApplicationPart(typeof(FaultyController).Assembly));
        _http = _app.CreateClient();
    }

    [Theory]
    [InlineData("/stock/tea/events")]
    [InlineData("/pages/stock/tea?handler=Events")]
    public async Task Action_and_page_follow_a_topic(string path)
    {
        await using StreamClient client = await StreamClient.OpenAsync(_http, path);

        await ChangeAsync(7);

        var level = await client.NextAsync();
        Assert.Equal(("level", "{\"count\":7}"), (level.EventType, level.Data));
    }

    [Theory]
    [InlineData("/stock/tea/events")]
    [InlineData("/pages/stock/tea?handler=Events")]
    public async Task Client_that_was_cut_gets_what_it_missed(string path)
    {
        StreamClient first = await StreamClient.OpenAsync(_http, path);
        await first.DisposeAsync();
        await ChangeAsync(8);

        await using StreamClient again = await StreamClient.OpenAsync(_http, path, first.LastEventId);

        Assert.Equal("{\"count\":8}", (await again.NextAsync()).Data);
    }

    [Fact]
    public async Task Change_between_page_and_stream_is_not_lost()
    {
        await ChangeAsync(1);
        string page = await _http.GetStringAsync("/pages/stock/tea");
        string query = WebUtility.HtmlDecode(StreamQuery().Match(page).Groups[1].Value);
        await ChangeAsync(2);

        await using StreamClient client = await StreamClient.OpenAsync(_http, $"/pages/stock/tea{query}");

        Assert.Equal("{\"count\":2}", (await client.NextAsync()).Data);
    }

    [Fact]
    public async Task Unknown_item_gets_404_before_the_stream()
    {
        await using StreamClient client = await StreamClient.ConnectAsync(_http, $"/stock/{new string('x', 21)}/events");

        Assert.Equal(HttpStatusCode.NotFound, client.Status);
    }

    [Fact]
    public async Task Action_writes_its_own_events_and_ends()
    {
        await using StreamClient client = await StreamClient.ConnectAsync(_http, "/stock/tea/countdown?from=1");

        Assert.Equal(["{\"item\":\"tea\",\"left\":1}"], await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Action_that_throws_breaks_its_stream_off()
    {
        Logs.ExpectError(record => record.Exception is FormatException);
        await using StreamClient client = await StreamClient.ConnectAsync(_http, "/faulty");

        Assert.Equal("before", Assert.Single(await client.ReadToBreakAsync()).Data);
    }

    [GeneratedRegex("EventSource\\(\"([^\"]*)\"")]
    private static partial Regex StreamQuery();

    private async Task ChangeAsync(int count) =>
        (await _http.PostAsJsonAsync("/stock/tea", new { count })).EnsureSuccessStatusCode().Dispose();
}
