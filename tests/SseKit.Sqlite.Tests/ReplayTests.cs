using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>A resumable endpoint on processes that share one file.</summary>
public sealed class ReplayTests : ServerTest
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Signal _mayEnd = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    [Fact]
    public async Task Status_and_headers_of_a_run_reach_another_process()
    {
        KestrelApp a = await StartAsync();
        KestrelApp b = await StartAsync();
        using HttpResponseMessage starter = await BeginAsync(a);

        using HttpResponseMessage other = await BeginAsync(b);
        _mayEnd.Set();
        string data = await other.Content.ReadAsStringAsync().OrTimeout();
        await a.DisposeAsync();
        await b.DisposeAsync();
        KestrelApp restarted = await StartAsync();
        using HttpResponseMessage late = await BeginAsync(restarted);

        Assert.Contains("data: 1\n", data, StringComparison.Ordinal);
        Assert.True(starter.Headers.Contains("Set-Cookie"));
        Assert.All([other, late], response => Assert.False(response.Headers.Contains("Set-Cookie")));
        Assert.All([starter, other, late], response =>
        {
            Assert.Equal(HttpStatusCode.Created, response.StatusCode);
            Assert.Equal(["7"], response.Headers.GetValues("X-Chat-Id"));
        });
    }

    [Fact]
    public async Task An_ordinal_names_the_same_event_in_another_process_and_after_a_restart()
    {
        KestrelApp a = await StartAsync();
        KestrelApp b = await StartAsync();
        using HttpResponseMessage starter = await BeginAsync(a, "/numbers");
        using HttpResponseMessage other = await BeginAsync(b, "/numbers?startIndex=3");
        string otherTail = Assert.Single(other.Headers.GetValues("X-Tail"));

        _mayEnd.Set();
        string data = await other.Content.ReadAsStringAsync().OrTimeout();
        await a.DisposeAsync();
        await b.DisposeAsync();
        KestrelApp restarted = await StartAsync();
        using HttpResponseMessage late = await BeginAsync(restarted, "/numbers?startIndex=3");
        using HttpResponseMessage last = await BeginAsync(restarted, "/numbers?startIndex=-2");
        using HttpResponseMessage nothing = await BeginAsync(restarted, "/numbers?startIndex=5");

        Assert.InRange(int.Parse(otherTail, CultureInfo.InvariantCulture), -1, 1);
        Assert.All([data, await ReadAsync(late), await ReadAsync(last)], text => Assert.Equal(["4", "5"], DataOf(text)));
        Assert.Equal(["4"], late.Headers.GetValues("X-Tail"));
        Assert.Equal(HttpStatusCode.NoContent, nothing.StatusCode);
    }

    private static Task<string> ReadAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync().OrTimeout();

    private static string[] DataOf(string stream) =>
        [.. stream.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..])];

    private static Task<HttpResponseMessage> BeginAsync(KestrelApp app, string path = "/run") =>
        app.CreateClient().GetAsync(path, HttpCompletionOption.ResponseHeadersRead).OrTimeout();

    private Task<KestrelApp> StartAsync() => StartAsync(
        app =>
        {
            app.MapGet("/run", (HttpContext context) =>
            {
                context.Response.StatusCode = StatusCodes.Status201Created;
                context.Response.Headers["X-Chat-Id"] = "7";
                context.Response.Cookies.Append("run", "1");
                return TypedResults.ServerSentEvents(RunAsync());
            }).WithSseReplay("run");
            app.MapSse("/numbers", () => NumbersAsync()).WithSseReplay("numbers", options =>
            {
                options.Format = SseFollowFormat.Plain;
                options.RequestedStart = SseStartParameter.Index("startIndex");
                options.TailIndexHeader = "X-Tail";
            });
        },
        builder => builder.Services.AddSse().AddSqliteEventStore(Path.Combine(_directory.Path, "events.db")));

    private async IAsyncEnumerable<string> NumbersAsync()
    {
        yield return "1";
        yield return "2";
        await _mayEnd.WaitAsync();
        yield return "3";
        yield return "4";
        yield return "5";
    }

    private async IAsyncEnumerable<string> RunAsync()
    {
        await _mayEnd.WaitAsync();
        yield return "1";
    }
}
