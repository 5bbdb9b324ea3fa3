using Microsoft.AspNetCore.Builder;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests;

/// <summary>How <c>fetch</c> reads a stream that answers a POST, as chat clients use it.</summary>
public sealed class FetchTests(Chromium chromium) : BrowserTest(chromium)
{
    [BrowserFact]
    public async Task Pieces_of_an_answer_arrive_one_by_one()
    {
        BrowserPage page = await PostAsync();
        for (int i = 0; i < 5; i++)
        {
            Feed.Send($"token {i}");
            Assert.Equal(new PageRecord("chunk", $"data: token {i}\n\n"), await page.ReadAsync());
        }

        Feed.End();

        Assert.Equal(new PageRecord("done"), await page.ReadAsync());
    }

    [BrowserFact]
    public async Task An_answer_that_fails_midway_fails_in_the_page_too()
    {
        var failure = new InvalidOperationException("the model's own fault");
        Logs.ExpectError(record => record.Exception == failure);
        BrowserPage page = await PostAsync();

        Feed.Send("half an answer");
        Assert.Equal(new PageRecord("chunk", "data: half an answer\n\n"), await page.ReadAsync());
        Feed.End(failure);

        Assert.Equal(new PageRecord("failed", "TypeError"), await page.ReadAsync());
    }

    [BrowserFact]
    public async Task A_page_reads_the_last_event_before_a_break()
    {
        const int Answers = 20;
        Logs.ExpectError(static record => record.Exception is NotSupportedException);
        KestrelApp app = await StartPageAsync(app => app.MapSse("/chat", ["POST"], async (SseEventWriter events) =>
        {
            await events.WriteAsync("the reason");
            throw new NotSupportedException();
        }));
        BrowserPage page = await OpenPageAsync(app);

        int read = 0;
        for (int i = 0; i < Answers; i++)
        {
            await page.PostAsync("/chat");
            IReadOnlyList<PageRecord> records = await page.ReadToAsync(new PageRecord("failed", "TypeError"));
            read += records.Contains(new PageRecord("chunk", "data: the reason\n\n")) ? 1 : 0;
        }

        // On a busy machine the page can be later than the break.
        Assert.True(read > Answers / 2, $"The page read {read} of {Answers} events.");
    }

    private async Task<BrowserPage> PostAsync()
    {
        BrowserPage page = await OpenPageAsync(await StartPageAsync(app => app.MapSse("/chat", ["POST"], Feed.RunAsync)));
        await page.PostAsync("/chat");
        Assert.Equal(PageRecord.Open, await page.ReadAsync());
        return page;
    }
}
