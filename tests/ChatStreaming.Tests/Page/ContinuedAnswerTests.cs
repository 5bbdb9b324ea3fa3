using System.Text.RegularExpressions;
using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Page;

/// <summary>Answers that continue after a reload, in other tabs, and after a lost connection.</summary>
public sealed class ContinuedAnswerTests(ChatBrowser browser) : ChatPageTest(browser)
{
    [BrowserFact]
    public async Task A_reload_in_the_middle_changes_nothing()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Write("Half an answer");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Half an answer");

        await page.ReloadAsync();
        await Expect(page.Locator(".answer[data-state=streaming] .markdown")).ToHaveTextAsync("Half an answer");
        Model.Write(", and the other half");
        await Expect(page.Locator("#connection")).ToContainTextAsync("continued after reload: 1 event kept, none lost");
        Model.Write(".");
        Model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Half an answer, and the other half.");
        await Expect(page.Locator(".question")).ToHaveTextAsync("Hi");
        await Expect(page.Locator(".wire summary")).ToHaveTextAsync("✓ Events 1–3: none missing, none twice");
        Assert.Equal(1, Model.Calls);
    }

    [BrowserFact]
    public async Task The_first_button_starts_an_answer_that_continues_after_reload()
    {
        var time = new SteppedTimeProvider();
        var model = new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), time, DocsChatClient.PaceOf(150));
        IPage page = await OpenAsync(model);
        ILocator first = page.Locator("main button").First;
        await Expect(first).ToHaveTextAsync(new Regex("Start a long answer, then press F5"));
        time.Allow(200);
        await first.ClickAsync();
        await Expect(page.Locator("#connection")).ToContainTextAsync(new Regex("event [0-9]{2}"));

        await page.ReloadAsync();

        await Expect(page.Locator("#connection")).ToHaveAttributeAsync("data-state", "live");
        Task continued = Expect(page.Locator("#connection")).ToContainTextAsync(
            new Regex("continued after reload: [0-9]{2,} events kept, none lost"));
        time.End();
        await continued;
        await Expect(page.Locator(".wire summary")).ToContainTextAsync(new Regex("^✓ Events 1–[0-9]{2,}: none missing, none twice"));
        await Expect(page.Locator("#connection-text")).ToHaveTextAsync("ready");
    }

    [BrowserFact]
    public async Task A_second_tab_opens_beside_the_connection()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Write("One");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("One");

        IPage second = await page.RunAndWaitForPopupAsync(
            () => page.GetByRole(AriaRole.Link, new() { Name = "Open second tab" }).ClickAsync());

        await Expect(second.Locator(".answer[data-state=streaming] .markdown")).ToHaveTextAsync("One");
    }

    [BrowserFact]
    public async Task Three_tabs_show_the_same_answer_however_late_they_come()
    {
        IPage first = await OpenAsync();
        await AskAsync(first, "Hi");
        Model.Write("One");
        await Expect(first.Locator(".markdown")).ToHaveTextAsync("One");
        IPage second = await ChatBrowser.OpenBesideAsync(first);
        await Expect(second.Locator(".markdown")).ToHaveTextAsync("One");
        Model.Write(" two");
        await Expect(second.Locator(".markdown")).ToHaveTextAsync("One two");
        IPage late = await ChatBrowser.OpenBesideAsync(first);
        await Expect(late.Locator(".markdown")).ToHaveTextAsync("One two");

        Model.Write(" three");
        Model.Finish();

        foreach (IPage page in (IPage[])[first, second, late])
        {
            await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("One two three");
            await Expect(page.Locator("#connection")).ToHaveAttributeAsync("data-state", "idle");
        }

        Assert.Equal(1, Model.Calls);
    }

    [BrowserFact]
    public async Task A_question_in_one_tab_appears_in_the_others()
    {
        IPage first = await OpenAsync();
        await AskAnsweredAsync(first, "Hi", "Hello");
        IPage second = await ChatBrowser.OpenBesideAsync(first);
        await Expect(second.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");

        await AskAsync(first, "And you?");
        Model.Write("Fine");

        await Expect(second.Locator(".question").Last).ToHaveTextAsync("And you?");
        await Expect(second.Locator(".markdown").Last).ToHaveTextAsync("Fine");
    }

    [BrowserFact]
    public async Task Stop_in_one_tab_ends_the_answer_in_all()
    {
        IPage first = await OpenAsync();
        await AskAsync(first, "Hi");
        Model.Write("Once upon a time");
        await Expect(first.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        IPage second = await ChatBrowser.OpenBesideAsync(first);
        await Expect(second.Locator(".markdown")).ToHaveTextAsync("Once upon a time");

        await second.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).ClickAsync();

        await Expect(first.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(second.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(first.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        await Model.Stopped;
    }

    [BrowserFact]
    public async Task A_dropped_connection_resumes_and_misses_nothing()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Write("One");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("One");

        // What is written after the response of the drop reaches the next connection only.
        await page.RunAndWaitForResponseAsync(
            () => ButtonOf(page, "Drop my connection").ClickAsync(),
            static response => response.Url.Contains("/drop/", StringComparison.Ordinal));
        Model.Write(" two");
        await Expect(page.Locator("#connection")).ToContainTextAsync("continued after reconnect: 1 event kept, none lost");
        Model.Write(" three");
        Model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("One two three");
    }

    [BrowserFact]
    public async Task A_tab_that_becomes_visible_resumes_from_its_position()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Write("One");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("One");

        IRequest resumed = await page.RunAndWaitForRequestAsync(
            () => page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))"),
            static request => request.Url.Contains("/stream", StringComparison.Ordinal));
        Model.Write(" two");
        Model.Finish();

        Assert.Contains("?lastEventId=", resumed.Url);
        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("One two");
    }

    [BrowserFact]
    public async Task Seven_idle_tabs_leave_the_app_responsive()
    {
        IPage first = await OpenAsync();
        await AskAnsweredAsync(first, "Hi", "Hello");
        for (int i = 0; i < 6; i++)
        {
            IPage idle = await ChatBrowser.OpenBesideAsync(first);
            await Expect(idle.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");
        }

        IPage eighth = await ChatBrowser.OpenBesideAsync(first);
        await eighth.GetByRole(AriaRole.Button, new() { Name = "New chat" }).ClickAsync();
        await AskAsync(eighth, "Are you there?");
        Model.Write("Yes");
        Model.Finish();

        await Expect(eighth.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Yes");
    }
}
