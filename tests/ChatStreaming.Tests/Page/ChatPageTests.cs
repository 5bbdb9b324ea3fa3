using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Page;

public sealed class ChatPageTests(ChatBrowser browser) : IClassFixture<ChatBrowser>, IAsyncDisposable
{
    private readonly ScriptedChatClient _model = new();
    private readonly List<ChatApp> _apps = [];

    public async ValueTask DisposeAsync()
    {
        foreach (ChatApp app in _apps)
        {
            await app.DisposeAsync();
            Assert.Empty(app.Logs.UnexpectedErrors);
        }
    }

    [BrowserFact]
    public async Task An_answer_grows_while_the_model_speaks()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        ILocator answer = page.Locator(".answer");

        await Expect(answer).ToHaveAttributeAsync("data-state", "waiting");
        _model.Say("Hel");
        await Expect(answer.Locator(".markdown")).ToHaveTextAsync("Hel");
        _model.Say("lo **you");
        await Expect(answer.Locator("strong")).ToHaveTextAsync("you");
        await Expect(answer).ToHaveAttributeAsync("data-state", "streaming");
        _model.Say("**!");
        _model.Finish();

        await Expect(answer).ToHaveAttributeAsync("data-state", "done");
        await Expect(answer.Locator(".markdown")).ToHaveTextAsync("Hello you!");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Hello you!");
    }

    [BrowserFact]
    public async Task The_demo_model_is_watched_as_it_writes()
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
    public async Task Stop_reaches_the_model_and_keeps_what_was_said()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Say("Once upon a time");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Once upon a time");

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await _model.Stopped;
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        await Expect(page.GetByLabel("Your message")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task Escape_stops_too_and_the_next_question_brings_the_conversation_along()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        await _model.AskedAsync();
        _model.Say("Hello");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Hello");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");

        await AskAsync(page, "Go on");

        Assert.Equal(
            [(ChatRole.User, "Hi"), (ChatRole.Assistant, "Hello"), (ChatRole.User, "Go on")],
            (await _model.AskedAsync()).Select(static message => (message.Role, message.Text)));
    }

    [BrowserFact]
    public async Task A_failure_is_shown_below_what_had_arrived_and_can_be_tried_again()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Say("Half an ans");
        _model.Fail(new InvalidOperationException("out of memory"));

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The model failed.");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Half an ans");

        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        _model.Say("Whole");
        _model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Whole");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task What_failed_is_not_tried_again_in_the_middle_of_a_conversation_that_went_on()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Hi");
        _model.Fail(new InvalidOperationException("out of memory"));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToBeVisibleAsync();

        await AskAsync(page, "Something else");

        await Expect(page.Locator(".answer[data-state=waiting]")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The model failed.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Try again" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_stream_that_just_ends_is_shown_as_a_lost_connection()
    {
        IPage page = await OpenAsync(_model);
        await page.RouteAsync("**/chat", static route => route.FulfillAsync(new()
        {
            ContentType = "text/event-stream",
            Body = "event: start\ndata: {\"model\":\"m\",\"label\":\"M\"}\n\nevent: delta\ndata: {\"text\":\"Half\"}\n\n",
        }));

        await AskAsync(page, "Hi");

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The connection was lost");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Half");
    }

    [BrowserFact]
    public async Task A_refused_question_says_why_and_can_be_edited()
    {
        IPage page = await OpenAsync(_model);
        string question = new('x', PromptLimits.MaxTextLength + 1);

        await AskAsync(page, question);

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("at most 4000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit the question" }).ClickAsync();
        await Expect(page.GetByLabel("Your message")).ToHaveValueAsync(question);
    }

    [BrowserFact]
    public async Task Nothing_that_a_model_writes_becomes_markup_or_runs()
    {
        IPage page = await OpenAsync(_model);
        await AskAsync(page, "Attack");

        _model.Say("<img src=x onerror=\"window.hacked = 1\"> <script>window.hacked = 1</script>\n\n");
        _model.Say("[run](javascript:window.hacked=1) [data](data:text/html,x) [ok](https://example.com)\n\n");
        _model.Say("```html\n<b onclick=1>\n```\n");
        _model.Finish();

        ILocator answer = page.Locator(".answer[data-state=done] .markdown");
        await Expect(answer).ToContainTextAsync("<script>window.hacked = 1</script>");
        await Expect(answer.Locator("img, script, b")).ToHaveCountAsync(0);
        await Expect(answer.Locator("a")).ToHaveAttributeAsync("href", "https://example.com/");
        Assert.Null(await page.EvaluateAsync<int?>("window.hacked"));
    }

    private static async Task AskAsync(IPage page, string question)
    {
        await page.GetByLabel("Your message").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
    }

    private async Task<IPage> OpenAsync(IChatClient model)
    {
        var app = new ChatApp(model);
        _apps.Add(app);
        return await browser.OpenAsync(app.Listen());
    }
}
