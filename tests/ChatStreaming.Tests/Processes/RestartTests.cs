using System.Reflection;
using ChatStreaming.Tests.Infrastructure;
using ChatStreaming.Tests.Page;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Processes;

/// <summary>The page's answers when processes are killed and proxies close connections.</summary>
public sealed class RestartTests(ChatBrowser browser) : IClassFixture<ChatBrowser>, IAsyncLifetime
{
    private readonly TemporaryDirectory _folder = new();
    private readonly List<IAsyncDisposable> _running = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (IAsyncDisposable each in Enumerable.Reverse(_running))
        {
            await each.DisposeAsync();
        }

        _folder.Delete();
    }

    [BrowserFact]
    public async Task A_killed_server_keeps_its_text_and_marks_it_interrupted()
    {
        SampleProcess server = await StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await AskAsync(page, "/long 5000");
        await Expect(page.Locator(".answer[data-state=streaming] .markdown")).ToContainTextAsync(" 40 ");

        await server.KillAsync();
        await Expect(page.Locator("#down")).ToBeVisibleAsync();
        string seen = await page.Locator(".markdown").InnerTextAsync();
        await server.StartAsync();

        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "interrupted");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The server was restarted in the middle of this answer");
        Assert.StartsWith(seen, await page.Locator(".markdown").InnerTextAsync());
        await page.ReloadAsync();
        await Expect(page.Locator(".answer[data-state=interrupted] .markdown")).ToContainTextAsync(" 40 ");

        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "streaming");
        await Expect(page.Locator(".question")).ToHaveCountAsync(1);
    }

    [BrowserFact]
    public async Task A_restarted_server_still_has_the_conversation()
    {
        SampleProcess server = await StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await AskAsync(page, "/long 30");
        await Expect(page.Locator(".answer[data-state=done]")).ToContainTextAsync("28 29 30");

        await server.TerminateAsync();
        await server.StartAsync();
        await page.ReloadAsync();

        await Expect(page.Locator(".answer[data-state=done]")).ToContainTextAsync("28 29 30");
        await AskAsync(page, "/long 10");
        await Expect(page.Locator(".answer[data-state=done]").Last).ToContainTextAsync("8 9 10");
    }

    [BrowserFact]
    public async Task A_server_stops_without_waiting_for_open_tabs()
    {
        SampleProcess server = await StartAsync();
        IPage page = await browser.OpenAsync(server.Address);
        await AskAsync(page, "/long 5000");
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "streaming");
        IPage second = await ChatBrowser.OpenBesideAsync(page);
        await Expect(second.Locator(".answer")).ToHaveAttributeAsync("data-state", "streaming");

        TimeSpan duration = await server.TerminateAsync();

        // Half of the time that the host waits for requests.
        Assert.True(duration < TimeSpan.FromSeconds(15), $"It took {duration}.");
        await server.StartAsync();
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "interrupted");
        await Expect(second.Locator(".answer")).ToHaveAttributeAsync("data-state", "interrupted");
    }

    [BrowserFact]
    public async Task A_502_during_a_reconnect_does_not_end_the_answer()
    {
        // Slow enough that the answer does not end before its connection is cut.
        SampleProcess server = await StartAsync("--Demo:TokensPerSecond", "30");
        FaultyProxy proxy = StartProxy(server, TimeSpan.FromMinutes(1));
        IPage page = await browser.OpenAsync(proxy.Address);
        await AskAsync(page, "/long 300");
        await Expect(page.Locator(".answer[data-state=streaming] .markdown")).ToContainTextAsync(" 20 ");

        Task<IRequest> recreated = page.WaitForRequestAsync(
            static request => request.Url.Contains("lastEventId=", StringComparison.Ordinal));
        await proxy.LoseServerAsync();
        await TestTimeout.UntilAsync(() => proxy.Refused > 0);
        proxy.FindServer();

        await recreated;
        await AssertCountedToAsync(page, 300);
    }

    [BrowserTheory]
    [InlineData("00:00:15", true)]
    [InlineData("00:00:00.5", false)]
    public async Task A_proxy_that_closes_idle_connections_loses_nothing(string heartbeat, bool isCut)
    {
        SampleProcess server = await StartAsync("--SseKit:HeartbeatInterval", heartbeat);
        FaultyProxy proxy = StartProxy(server, TimeSpan.FromSeconds(isCut ? 2 : 5));
        IPage page = await browser.OpenAsync(proxy.Address);

        await AskAsync(page, "/silent 6s");

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync(
            "The model now pauses for 6 seconds, longer than some proxies wait."
            + "Those were 6 seconds. If the connection was cut meanwhile, the page reconnected.");
        Assert.Equal(isCut, proxy.Resumed > 0);
    }

    [BrowserFact]
    public async Task An_answer_fails_if_the_model_server_is_killed()
    {
        SampleProcess modelServer = await StartAsync();
        SampleProcess server = await StartAsync("--Llm:Endpoint", $"{modelServer.Address}v1");
        IPage page = await browser.OpenAsync(server.Address);
        await AskAsync(page, "/long 5000");
        await Expect(page.Locator(".answer[data-state=streaming] .markdown")).ToContainTextAsync(" 20 ");

        await modelServer.KillAsync();

        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "failed");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToBeVisibleAsync();
        await Expect(page.Locator(".markdown")).ToContainTextAsync(" 20 ");
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.GetByLabel("Your message").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
    }

    private static async Task AssertCountedToAsync(IPage page, int count)
    {
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");
        string text = await page.Locator(".markdown").InnerTextAsync();
        IEnumerable<string> numbers = text[text.IndexOf("repeated.", StringComparison.Ordinal)..].Split(
            (char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Skip(1);
        Assert.Equal(Enumerable.Range(1, count).Select(static number => $"{number}"), numbers);
    }

    private async Task<SampleProcess> StartAsync(params string[] settings)
    {
        string events = Path.Combine(_folder.Path, $"{_running.Count}");
        string sample = typeof(RestartTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(
            static item => item.Key == "Sample").Value!;
        SampleProcess server = await SampleProcess.StartAsync(
            "ChatStreaming.dll",
            ["--contentRoot", sample, "--Events:Directory", events, "--Demo:TokensPerSecond", "60", .. settings]);
        _running.Add(server);
        return server;
    }

    private FaultyProxy StartProxy(SampleProcess server, TimeSpan idleTimeout)
    {
        var proxy = new FaultyProxy(server.Address, idleTimeout);
        _running.Add(proxy);
        return proxy;
    }
}
