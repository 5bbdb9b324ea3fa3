using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.BrowserTests.Firefox;

namespace SseKit.BrowserTests.Infrastructure;

/// <summary>A test with a page whose script does everything and reports to its app, so that any browser can run it.</summary>
public abstract class ScriptTest(Chromium chromium) : BrowserTest(chromium)
{
    private const string Page = "/script";

    // The reports are sent one after the other, in the order of the events.
    private const string Head = """
        <!doctype html><title>SseKit</title><script>
        let reported = Promise.resolve();
        const tell = (type, data, lastEventId) => {
            reported = reported.then(() => fetch("/records", {
                method: "POST",
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ type, data: data ?? "", lastEventId: lastEventId ?? "" }) }));
        };
        const stateOf = source => ["CONNECTING", "OPEN", "CLOSED"][source.readyState];

        """;

    private readonly Channel<PageRecord> _records = Channel.CreateUnbounded<PageRecord>();
    private readonly List<FirefoxProcess> _browsers = [];

    public override async Task DisposeAsync()
    {
        foreach (FirefoxProcess browser in _browsers)
        {
            browser.Dispose();
        }

        await base.DisposeAsync();
    }

    /// <summary>Starts an app with the page.</summary>
    /// <param name="script">Opens streams, and reports with <c>tell(type, data, lastEventId)</c>.</param>
    /// <param name="endpoints">Further endpoints.</param>
    /// <param name="services">Configures the builder.</param>
    protected Task<KestrelApp> StartScriptAsync(
        string script, Action<WebApplication> endpoints, Action<WebApplicationBuilder>? services = null) => StartPageAsync(
        app =>
        {
            app.MapGet(Page, () => TypedResults.Content($"{Head}{script}</script>", "text/html"));
            app.MapPost("/records", (PageRecord record) => _records.Writer.TryWrite(record));
            endpoints(app);
        },
        services);

    /// <summary>Opens the page.</summary>
    /// <param name="app">The app of the page.</param>
    /// <param name="browser"><c>chromium</c> or <c>firefox</c>.</param>
    protected async Task OpenScriptAsync(KestrelApp app, string browser)
    {
        var address = new Uri(app.BaseAddress, Page);
        if (browser == "firefox")
        {
            _browsers.Add(new FirefoxProcess(address));
        }
        else
        {
            await OpenPageAsync(address);
        }
    }

    /// <summary>Returns the next report of the page.</summary>
    protected Task<PageRecord> ReadRecordAsync() => _records.Reader.ReadAsync().AsTask().WaitAsync(FirefoxProcess.Limit);
}
