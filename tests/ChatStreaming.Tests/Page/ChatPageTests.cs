using ChatStreaming.Chats;
using ChatStreaming.Docs;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Page;

public sealed class ChatPageTests(ChatBrowser browser) : ChatPageTest(browser)
{
    [BrowserFact]
    public async Task An_answer_grows_while_the_model_writes()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        ILocator answer = page.Locator(".answer");

        await Expect(answer).ToHaveAttributeAsync("data-state", "waiting");
        Model.Write("Hel");
        await Expect(answer.Locator(".markdown")).ToHaveTextAsync("Hel");
        Model.Write("lo **you");
        await Expect(answer.Locator("strong")).ToHaveTextAsync("you");
        await Expect(answer).ToHaveAttributeAsync("data-state", "streaming");
        Model.Write("**!");
        Model.Finish();

        await Expect(answer).ToHaveAttributeAsync("data-state", "done");
        await Expect(answer.Locator(".markdown")).ToHaveTextAsync("Hello you!");
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Hello you!");
    }

    [BrowserFact]
    public async Task The_demo_model_writes_its_answer_gradually()
    {
        var time = new SteppedTimeProvider();
        IPage page = await OpenAsync(new DocsChatClient(new DocsIndex(EmbeddedDocs.Load()), time));

        await page.GetByRole(AriaRole.Button, new() { Name = "How does the Stop button work?" }).ClickAsync();
        string text = "";
        for (int step = 0; step < 10; step++)
        {
            time.Allow(5);
            await page.WaitForFunctionAsync(
                "before => ![undefined, before].includes(document.querySelector('[data-state=streaming] .markdown')?.textContent)", text);
            text = await page.Locator(".answer .markdown").TextContentAsync() ?? "";
        }

        time.End();
        await Expect(page.Locator(".answer[data-state=done]")).ToContainTextAsync("How the Stop button works");
        await Expect(page.Locator("#model")).ToHaveTextAsync("demo, not AI");
    }

    [BrowserFact]
    public async Task Stop_reaches_the_model_and_keeps_the_text()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Write("Once upon a time");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Once upon a time");

        await page.GetByRole(AriaRole.Button, new() { Name = "Stop" }).ClickAsync();

        await Model.Stopped;
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Once upon a time");
        await Expect(page.GetByLabel("Your message")).ToBeFocusedAsync();
    }

    [BrowserFact]
    public async Task Escape_stops_and_the_next_question_contains_the_conversation()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        await Model.AskedAsync();
        Model.Write("Hello");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Hello");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "stopped");

        await AskAsync(page, "Go on");

        Assert.Equal(
            [(ChatRole.User, "Hi"), (ChatRole.Assistant, "Hello"), (ChatRole.User, "Go on")],
            (await Model.AskedAsync()).Select(static message => (message.Role, message.Text)));
    }

    [BrowserFact]
    public async Task A_failure_is_shown_below_the_text_with_a_retry()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Write("Half an ans");
        Model.Fail(new InvalidOperationException("out of memory"));

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The model failed.");
        await Expect(page.Locator(".markdown")).ToHaveTextAsync("Half an ans");

        await page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).ClickAsync();
        Model.Write("Whole");
        Model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Whole");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_failure_before_the_last_question_cannot_be_retried()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Hi");
        Model.Fail(new InvalidOperationException("out of memory"));
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToBeVisibleAsync();

        await AskAsync(page, "Something else");

        await Expect(page.Locator(".answer[data-state=waiting]")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("The model failed.");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Retry" })).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task A_refused_question_shows_the_reason_and_can_be_edited()
    {
        IPage page = await OpenAsync();
        string question = new('x', QuestionLimits.MaxTextLength + 1);

        await AskAsync(page, question);

        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("at most 4000");
        await page.GetByRole(AriaRole.Button, new() { Name = "Edit the question" }).ClickAsync();
        await Expect(page.GetByLabel("Your message")).ToHaveValueAsync(question);
    }

    [BrowserFact]
    public async Task Text_of_a_model_never_becomes_markup_or_script()
    {
        IPage page = await OpenAsync();
        await AskAsync(page, "Attack");

        Model.Write("<img src=x onerror=\"window.hacked = 1\"> <script>window.hacked = 1</script>\n\n");
        Model.Write("[run](javascript:window.hacked=1) [data](data:text/html,x) [ok](https://example.com)\n\n");
        Model.Write("```html\n<b onclick=1>\n```\n");
        Model.Finish();

        ILocator answer = page.Locator(".answer[data-state=done] .markdown");
        await Expect(answer).ToContainTextAsync("<script>window.hacked = 1</script>");
        await Expect(answer.Locator("img, script, b")).ToHaveCountAsync(0);
        await Expect(answer.Locator("a")).ToHaveAttributeAsync("href", "https://example.com/");
        Assert.Null(await page.EvaluateAsync<int?>("window.hacked"));
    }

    [BrowserFact]
    public async Task A_question_whose_response_is_lost_is_asked_once()
    {
        IPage page = await OpenAsync();
        await page.RouteAsync("**/messages", static async route =>
        {
            await route.FetchAsync();
            await route.AbortAsync();
        }, new() { Times = 1 });
        await AskAsync(page, "Hi");
        await Expect(page.GetByRole(AriaRole.Alert)).ToContainTextAsync("could not be reached");

        await page.GetByRole(AriaRole.Button, new() { Name = "Try again" }).ClickAsync();
        Model.Write("Hello");
        Model.Finish();

        await Expect(page.Locator(".answer[data-state=done] .markdown")).ToHaveTextAsync("Hello");
        await Expect(page.Locator(".question")).ToHaveCountAsync(1);
        Assert.Equal(1, Model.Calls);
    }

    [BrowserFact]
    public async Task A_chat_of_another_browser_does_not_exist()
    {
        IPage page = await OpenAsync();
        await AskAnsweredAsync(page, "Hi", "Secret");

        IPage otherBrowser = await OpenInOtherBrowserAsync(page.Url);

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
}
