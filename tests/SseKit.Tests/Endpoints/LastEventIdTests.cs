using System.Net;
using Microsoft.AspNetCore.Builder;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class LastEventIdTests : ServerTest
{
    [Theory]
    [InlineData("/", "Last-Event-ID: 42", "42")]
    [InlineData("/", "last-event-id: a b~!", "a b~!")]
    [InlineData("/?lastEventId=43", "X: y", "43")]
    [InlineData("/?LASTEVENTID=43", "X: y", "43")]
    [InlineData("/?lastEventId=43", "Last-Event-ID: 42", "42")]
    [InlineData("/?lastEventId=43", "Last-Event-ID:", "43")]
    [InlineData("/?lastEventId=a%2Db", "X: y", "a-b")]
    [InlineData("/", "X: y", "none")]
    [InlineData("/?lastEventId=", "X: y", "none")]
    public async Task The_header_takes_precedence_over_the_query(string path, string header, string expected) =>
        Assert.Equal($"data: {expected}\n\n", await AskAsync(path, header));

    [Theory]
    [InlineData("/?lastEventId=%0d%0adata:%20forged")]
    [InlineData("/?lastEventId=%00")]
    [InlineData("/?lastEventId=a%0ab")]
    [InlineData("/?lastEventId=%20edge")]
    [InlineData("/?lastEventId=edge%20")]
    [InlineData("/?lastEventId=%C3%A9")]
    [InlineData("/?lastEventId=1&lastEventId=2")]
    public async Task An_invalid_id_in_the_query_is_ignored(string path) =>
        Assert.Equal("data: none\n\n", await AskAsync(path, "X: y"));

    [Fact]
    public async Task An_id_of_at_most_128_characters_is_accepted()
    {
        Assert.Equal($"data: {new string('a', 128)}\n\n", await AskAsync("/", "Last-Event-ID: " + new string('a', 128)));
        Assert.Equal("data: none\n\n", await AskAsync("/", "Last-Event-ID: " + new string('a', 129)));
    }

    [Fact]
    public async Task An_id_of_8_kilobytes_is_ignored()
    {
        string id = new('a', 8 * 1024);

        Assert.Equal("data: none\n\n", await AskAsync("/", "Last-Event-ID: " + id));
        Assert.Equal("data: none\n\n", await AskAsync($"/?lastEventId={id[..7000]}", "X: y"));
    }

    [Fact]
    public async Task A_repeated_header_is_ignored() =>
        Assert.Equal("data: none\n\n", await AskAsync("/?lastEventId=3", "Last-Event-ID: 1\r\nLast-Event-ID: 2"));

    [Fact]
    public async Task An_invalid_header_is_not_replaced_by_the_query() =>
        Assert.Equal("data: none\n\n", await AskAsync("/?lastEventId=3", "Last-Event-ID: " + new string('a', 200)));

    [Fact]
    public async Task A_header_in_utf_8_is_ignored() =>
        Assert.Equal("data: none\n\n", await AskAsync("/", "Last-Event-ID: \u00c3\u00a9"));

    [Theory]
    [InlineData("Last-Event-ID: a\u0000b")]
    [InlineData("Last-Event-ID: \u00e9")]
    [InlineData("Last-Event-ID: a\rdata: forged")]
    public async Task Invalid_header_bytes_are_a_400_of_the_server(string header)
    {
        KestrelApp app = await StartAsync(Map);
        RawConnection raw = await app.ConnectAsync();

        await raw.GetAsync("/", header);
        string head = await raw.ReadHeadAsync();

        Assert.StartsWith("HTTP/1.1 400 ", head);
    }

    [Theory]
    [InlineData("Last-Event-ID: a\u0001b")]
    [InlineData("Last-Event-ID: a\u007fb")]
    [InlineData("Last-Event-ID: a\tb")]
    public async Task Control_characters_in_the_header_are_ignored_or_refused(string header)
    {
        KestrelApp app = await StartAsync(Map);
        RawConnection raw = await app.ConnectAsync();

        await raw.GetAsync("/", header, "Connection: close");
        string head = await raw.ReadHeadAsync();
        string body = await raw.ReadToEndAsync();

        Assert.True(
            head.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal) || body.Contains("data: none\n\n", StringComparison.Ordinal),
            head + body);
    }

    [Fact]
    public async Task A_header_of_40_kilobytes_is_a_431()
    {
        KestrelApp app = await StartAsync(Map);
        RawConnection raw = await app.ConnectAsync();

        await raw.GetAsync("/", "Last-Event-ID: " + new string('a', 40 * 1024));
        string head = await raw.ReadHeadAsync();

        Assert.StartsWith("HTTP/1.1 431 ", head);
    }

    [Fact]
    public async Task A_hostile_header_on_http_2_is_ignored()
    {
        KestrelApp app = await StartAsync(Map);

        using StreamingResponse response = await app.CreateHttp2Client().OpenAsync("/", ("Last-Event-ID", new string('a', 8 * 1024)));

        Assert.Equal(HttpStatusCode.OK, response.Status);
        Assert.Equal("data: none\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private static void Map(WebApplication app) =>
        app.MapSse("/", async (events, ct) => await events.WriteAsync(events.LastEventId ?? "none", ct));

    private async Task<string> AskAsync(string path, string header)
    {
        KestrelApp app = await StartAsync(Map);
        RawConnection raw = await app.ConnectAsync();

        await raw.SendAsync($"GET {path} HTTP/1.0\r\n{header}\r\n\r\n");
        string head = await raw.ReadHeadAsync();
        string body = await raw.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 200 ", head);
        return body.AfterPreamble();
    }
}
