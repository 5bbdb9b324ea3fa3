using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>What the hook for an answer to a POST does with each end, answered by a script in place of the endpoint.</summary>
public sealed class AnswerHookTests(Chromium chromium) : RecipeTest(chromium)
{
    private const string Half = "retry: 20\ndata: half of it\nid: 1\n\n";
    private const string Broken = "broken";

    private readonly List<string> _lastEventIds = [];
    private IPage? _page;
    private Task _shown = Task.CompletedTask;

    [PageTheory]
    [InlineData("done", "half of it, and the rest", "|1", Half + Broken, "data: , and the rest\nid: 2\n\n")]
    [InlineData("done", "half of it", "|1", Half + Broken, "204")]
    [InlineData("done", "half of it", "|1|1", Half + Broken, "503", "204")]
    [InlineData("done", "what is left", "|1", Half + Broken, "event: ssekit.gap\ndata: {}\n\ndata: what is left\nid: 9\n\n")]
    [InlineData("done", "two\nlines", "", "data: two\ndata: lines\n\n")]
    [InlineData("failed", "half of it", "", Half + "event: ssekit.failed\ndata: {}\nid: 1~\n\n" + Broken)]
    [InlineData("failed", "half of it", "|1", Half + Broken, "404")]
    [InlineData("failed", "", "", "400")]
    public async Task The_hook_ends_as_the_stream_does(string state, string text, string ids, params string[] answers)
    {
        await StartAsync("react", app => app.Use((context, next) => AnswerAsync(context, next, answers)));
        _page = await OpenPageAsync("/react/");

        await _page.ClickAsync("button");
        await ExpectStateAsync(_page, "#answer", state);

        Assert.Equal(text, await _page.Locator("#answer").TextContentAsync());
        Assert.Equal(ids, string.Join('|', _lastEventIds));
        Assert.Equal(answers.Length, _lastEventIds.Count);
        await _shown;
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate next, string[] answers)
    {
        if (!context.Request.Path.StartsWithSegments("/react/answers"))
        {
            await next(context);
            return;
        }

        string answer = answers[_lastEventIds.Count];
        _lastEventIds.Add(context.Request.Headers["Last-Event-ID"].ToString());
        if (int.TryParse(answer, out int status))
        {
            context.Response.StatusCode = status;
            return;
        }

        context.Response.ContentType = "text/event-stream";
        string text = answer.EndsWith(Broken, StringComparison.Ordinal) ? answer[..^Broken.Length] : answer;
        await context.Response.WriteAsync(text);
        if (text != answer)
        {
            // An abort discards what has not left the server.
            await context.Response.Body.FlushAsync();
            await (_shown = ExpectAsync(_page!, "#answer", "half of it"));
            context.Abort();
        }
    }
}
