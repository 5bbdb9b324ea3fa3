using System.Threading.Channels;
using Microsoft.Playwright;

namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A page in a real browser, and the events of its streams, in order.</summary>
public sealed class BrowserPage
{
    private const string OpenEventSource = """
        ([url, types]) => {
            const source = new EventSource(url);
            (window.sources ??= []).push(source);
            source.onopen = () => report("open", "", "");
            source.onerror = () => report("error", ["CONNECTING", "OPEN", "CLOSED"][source.readyState], "");
            for (const type of ["message", ...types]) {
                source.addEventListener(type, event => report(type, event.data, event.lastEventId));
            }
        }
        """;

    private const string PostForStream = """
        async url => {
            try {
                const response = await fetch(url, { method: "POST" });
                await report("open", "", "");
                const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
                for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
                    await report("chunk", chunk.value, "");
                }
                await report("done", "", "");
            } catch (error) {
                await report("failed", error.name, "");
            }
        }
        """;

    private readonly Channel<PageRecord> _records = Channel.CreateUnbounded<PageRecord>();
    private readonly IPage _page;

    private BrowserPage(IPage page) => _page = page;

    public static async Task<BrowserPage> OpenAsync(IPage page)
    {
        var opened = new BrowserPage(page);
        await page.ExposeFunctionAsync<string, string, string, bool>("report", opened.Record);
        return opened;
    }

    /// <summary>Opens an EventSource that listens for messages and for events of these types.</summary>
    public Task OpenEventSourceAsync(string path, params string[] types) =>
        _page.EvaluateAsync(OpenEventSource, new object[] { path, types });

    /// <summary>Closes the EventSource that was opened as this one, counted from 0.</summary>
    public Task CloseEventSourceAsync(int index) => _page.EvaluateAsync("index => sources[index].close()", index);

    /// <summary>Posts with <c>fetch</c>, as chat clients do, and reports the pieces of the response as they come.</summary>
    public Task PostAsync(string path) => _page.EvaluateAsync($"url => {{ ({PostForStream})(url); }}", path);

    /// <summary>The next record.</summary>
    public Task<PageRecord> ReadAsync() => _records.Reader.ReadAsync().OrTimeout();

    /// <summary>Skips records until this one.</summary>
    public async Task<IReadOnlyList<PageRecord>> ReadToAsync(PageRecord expected)
    {
        List<PageRecord> passed = [];
        for (PageRecord record = await ReadAsync(); record != expected; record = await ReadAsync())
        {
            passed.Add(record);
        }

        return passed;
    }

    /// <summary>Closes the tab and its connections.</summary>
    public Task CloseAsync() => _page.Context.CloseAsync();

    private bool Record(string type, string data, string lastEventId) => _records.Writer.TryWrite(new PageRecord(type, data, lastEventId));
}
