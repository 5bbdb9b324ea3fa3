using ChatStreaming.Chats;
using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Page;

public sealed class ChatPageTests(ChatBrowser browser) : IClassFixture<ChatBrowser>, IAsyncLifetime, IAsyncDisposable
{
    private readonly ScriptedChatClient _model = new();
    private readonly List<ChatApp> _apps = [];

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        foreach (ChatApp app in _apps)
        {
            await app.DisposeAsync();
        }
    }

    [BrowserFact]
    public async Task An_answer_grows_while_the_model_writes()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        ILocator answer = page.Locator(".answer");

        await Expect(answer).ToHaveAttributeAsync("data-state", "waiting");
        _model.Write("Hel");
        await Expect(answer.Locator(".markdown")).ToHaveTextAsync("Hel");
        _model.Write("lo **you");
        await Expect(answer.Locator("strong")).ToHaveTextAsync("you");
        await Expect(answer).ToHaveAttributeAsync("data-state", "streaming");
        _model.Write("**!");
        _model.Finish();

        await Expect(answer).ToHaveAttributeAsync("data-state", "done");
        await Expect(answer.Locator(".markdown")).ToHaveTextAsync("Hello you!");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Hello you!");
    }

    [BrowserFact]
    public async Task The_demo_model_writes_its_answer_gradually()
    {
        IPage page = await OpenAsync(new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), TimeProvider.System));
        await page.EvaluateAsync("""
            window.lengths = new Set();
            new MutationObserver(() => {
              const answer = document.querySelector(".answer");
              if (answer?.dataset.state === "streaming") {
                lengths.add(answer.textContent.length);
              }
            }).observe(document.getElementById("log"), { childList: true, subtree: true });
            """);

        await page.GetByRole(AriaRole.Button, new() { Name = "How does the Stop button work?" }).ClickAsync();

        await Expect(page.Locator(".answer[data-state=done]")).ToContainTextAsync("How the Stop button works");
        await Expect(page.Locator("#model")).ToHaveTextAsync("demo model (not AI)");
        int steps = await page.EvaluateAsync<int>("lengths.size");
        Assert.True(steps > 10, $"The answer grew in {steps} steps.");
    }

    [BrowserFact]
    public async Task Stop_reaches_the_model_and_keeps_the_text()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Write("Once upon a time");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Once upon a time");

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await _model.Stopped;
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        await Expect(page.GetByLabel("Your message")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task Escape_stops_and_the_next_question_contains_the_conversation()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        await _model.AskedAsync();
        _model.Write("Hello");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Hello");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");

        await AskAsync(page, "Go on");

        Assert.Equal(
            [(ChatRole.User, "Hi"), (ChatRole.Assistant, "Hello"), (ChatRole.User, "Go on")],
            (await _model.AskedAsync()).Select(static message => (message.Role, message.Text)));
    }

    [BrowserFact]
    public async Task A_failure_is_shown_below_the_text_with_a_retry()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Write("Half an ans");
        _model.Fail(new InvalidOperationException("out of memory"));

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The model failed.");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Half an ans");

        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        _model.Write("Whole");
        _model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Whole");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_failure_before_the_last_question_cannot_be_retried()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Fail(new InvalidOperationException("out of memory"));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToBeVisibleAsync();

        await AskAsync(page, "Something else");

        await Expect(page.Locator(".answer[data-state=waiting]")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The model failed.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_refused_question_shows_the_reason_and_can_be_edited()
    {
        IPage page = await OpenAsync(_model);
        string question = new('x', QuestionLimits.MaxTextLength + 1);

        await AskAsync(page, question);

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("at most 4000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit the question" }).ClickAsync();
        await Expect(page.GetByLabel("Your message")).ToHaveValueAsync(question);
    }

    [BrowserFact]
    public async Task Text_of_a_model_never_becomes_markup_or_script()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Attack");

        _model.Write("<img src=x onerror=\"window.hacked = 1\"> <script>window.hacked = 1</script>\n\n");
        _model.Write("[run](javascript:window.hacked=1) [data](data:text/html,x) [ok](https://example.com)\n\n");
        _model.Write("```html\n<b onclick=1>\n```\n");
        _model.Finish();

        ILocator answer = page.Locator(".answer[data-state=done] .markdown");
        await Expect(answer).ToContainTextAsync("<script>window.hacked = 1</script>");
        await Expect(answer.Locator("img, script, b")).ToHaveCountAsync(0);
        await Expect(answer.Locator("a")).ToHaveAttributeAsync("href", "https://example.com/");
        Assert.Null(await page.EvaluateAsync<int?>("window.hacked"));
    }

    [BrowserFact]
    public async Task A_reload_in_the_middle_changes_nothing()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Write("Half an answer");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Half an answer");

        await page.ReloadAsync();
        await Expect(page.Locator(".answer[data-state=streaming] .markdown")).ToHaveTextAsync("Half an answer");
        _model.Write(", and the other half.");
        _model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Half an answer, and the other half.");
        await Expect(page.Locator(".question")).ToHaveTextAsync("Hi");
        Assert.Equal(1, _model.Calls);
    }

    [BrowserFact]
    public async Task Three_tabs_show_the_same_answer_however_late_they_come()
    {
        IPage first = await OpenAsync(_model);
        await AskAsync(first, "Hi");
        _model.Write("One");
        await Expect(first.Locator(".markdown")).ToHaveTextAsync("One");
        IPage second = await ChatBrowser.OpenBesideAsync(first);
        await Expect(second.Locator(".markdown")).ToHaveTextAsync("One");
        _model.Write(" two");
        await Expect(second.Locator(".markdown")).ToHaveTextAsync("One two");
        IPage late = await ChatBrowser.OpenBesideAsync(first);
        await Expect(late.Locator(".markdown")).ToHaveTextAsync("One two");

        _model.Write(" three");
        _model.Finish();

        foreach (IPage page in (IPage[])[first, second, late])
        {
            await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("One two three");
            await Expect(page.Locator("#connection")).ToHaveAttributeAsync("data-state", "idle");
        }

        Assert.Equal(1, _model.Calls);
    }

    [BrowserFact]
    public async Task A_question_in_one_tab_appears_in_the_others()
    {
        IPage first = await OpenAsync(_model);
        await AskAnsweredAsync(first, "Hi", "Hello");
        IPage second = await ChatBrowser.OpenBesideAsync(first);
        await Expect(second.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");

        await AskAsync(first, "And you?");
        _model.Write("Fine");

        await Expect(second.Locator(".question").Last).ToHaveTextAsync("And you?");
        await Expect(second.Locator(".markdown").Last).ToHaveTextAsync("Fine");
    }

    [BrowserFact]
    public async Task Stop_in_one_tab_ends_the_answer_in_all()
    {
        IPage first = await OpenAsync(_model);
        await AskAsync(first, "Hi");
        _model.Write("Once upon a time");
        await Expect(first.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        IPage second = await ChatBrowser.OpenBesideAsync(first);
        await Expect(second.Locator(".markdown")).ToHaveTextAsync("Once upon a time");

        await second.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).ClickAsync();

        await Expect(first.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(second.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(first.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        await _model.Stopped;
    }

    [BrowserFact]
    public async Task A_dropped_connection_resumes_and_misses_nothing()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Write("One");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("One");

        await page.GetByRole(AriaRole.Button, new() { Name = "Drop my connection" }).ClickAsync();
        await Expect(page.Locator("#connection")).ToHaveAttributeAsync("data-state", "reconnecting");
        _model.Write(" two");
        await Expect(page.Locator("#connection")).ToContainTextAsync("live, resumed 1×");
        _model.Write(" three");
        _model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("One two three");
    }

    [BrowserFact]
    public async Task A_tab_that_becomes_visible_resumes_from_its_position()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Write("One");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("One");

        IRequest resumed = await page.RunAndWaitForRequestAsync(
            () => page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))"),
            static request => request.Url.Contains("/stream", StringComparison.Ordinal));
        _model.Write(" two");
        _model.Finish();

        Assert.Contains("&lastEventId=", resumed.Url);
        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("One two");
    }

    [BrowserFact]
    public async Task A_question_whose_response_is_lost_is_asked_once()
    {
        IPage page = await OpenAsync(_model);
        await page.RouteAsync("**/messages", static async route =>
        {
            await route.FetchAsync();
            await route.AbortAsync();
        }, new() { Times = 1 });
        await AskAsync(page, "Hi");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("could not be reached");

        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        _model.Write("Hello");
        _model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Hello");
        await Expect(page.Locator(".question")).ToHaveCountAsync(1);
        Assert.Equal(1, _model.Calls);
    }

    [BrowserFact]
    public async Task A_chat_of_another_browser_does_not_exist()
    {
        IPage page = await OpenAsync(_model);
        await AskAnsweredAsync(page, "Hi", "Secret");

        IPage otherBrowser = await browser.OpenAsync(new Uri(page.Url));

        await Expect(otherBrowser.Locator("#notice")).ToContainTextAsync("This chat is not here");
        await Expect(otherBrowser.Locator(".answer")).ToHaveCountAsync(0);
        await Expect(otherBrowser.Locator("#welcome")).ToBeVisibleAsync();
    }

    [BrowserTheory]
    [InlineData("/fail", "The model failed.")]
    [InlineData("/cut", "The model stopped in the middle of its answer.")]
    public async Task The_directives_of_the_demo_model_show_how_answers_fail(string directive, string message)
    {
        IPage page = await OpenAsync(new DocsChatClient(new DocsIndex([]), new InstantTimeProvider()));

        await AskAsync(page, directive);

        await Expect(page.Locator(".answer[data-state=failed] .markdown")).ToContainTextAsync("This answer");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync(message);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToBeVisibleAsync();
    }

    /// <summary>Also makes the picture of the README: set SSEKIT_PICTURE to the file's path.</summary>
    [BrowserTheory]
    [InlineData(1_000, ColorScheme.Light)]
    [InlineData(1_000, ColorScheme.Dark)]
    [InlineData(390, ColorScheme.Light)]
    public async Task The_page_fits_its_window(int width, ColorScheme colors)
    {
        var app = new ChatApp(new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), TimeProvider.System, DocsChatClient.PaceOf(100)));
        _apps.Add(app);
        IPage page = await browser.OpenAsync(
            app.Listen(), new() { ViewportSize = new() { Width = width, Height = 720 }, ColorScheme = colors });
        await AskAsync(page, "How does the Stop button work?");
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");

        await AskAsync(page, "How does a reload find the answer again?");
        await Expect(page.Locator(".markdown").Last).ToContainTextAsync("follows the topic");

        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        if (width > 390 && colors == ColorScheme.Light && Environment.GetEnvironmentVariable("SSEKIT_PICTURE") is { } file)
        {
            await page.ScreenshotAsync(new() { Path = file, Animations = ScreenshotAnimations.Disabled });
        }
    }

    [BrowserFact]
    public async Task Seven_idle_tabs_leave_the_app_responsive()
    {
        IPage first = await OpenAsync(_model);
        await AskAnsweredAsync(first, "Hi", "Hello");
        for (int i = 0; i < 6; i++)
        {
            IPage idle = await ChatBrowser.OpenBesideAsync(first);
            await Expect(idle.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");
        }

        IPage eighth = await ChatBrowser.OpenBesideAsync(first);
        await eighth.GetByRole(AriaRole.Button, new() { Name = "New chat" }).ClickAsync();
        await AskAsync(eighth, "Are you there?");
        _model.Write("Yes");
        _model.Finish();

        await Expect(eighth.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Yes");
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.GetByLabel("Your message").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
    }

    // The first question of a page, which the model answers at once.
    private async Task AskAnsweredAsync(IPage page, string question, string answer)
    {
        _model.Write(answer);
        _model.Finish();
        await AskAsync(page, question);
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");
    }

    private async Task<IPage> OpenAsync(IChatClient model)
    {
        var app = new ChatApp(model);
        _apps.Add(app);
        return await browser.OpenAsync(app.Listen());
    }
}
