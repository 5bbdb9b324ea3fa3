using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.AI;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ChatStreaming.Tests.Page;

/// <summary>A test with the page of its own app, whose model writes what the test scripts.</summary>
public abstract class ChatPageTest(ChatBrowser browser) : IClassFixture<ChatBrowser>, IAsyncLifetime
{
    private readonly List<ChatApp> _apps = [];

    private protected ScriptedChatClient Model { get; } = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (ChatApp app in _apps)
        {
            await app.DisposeAsync();
        }
    }

    protected static async Task AskAsync(IPage page, string question)
    {
        await page.GetByLabel("Your message").FillAsync(question);
        await page.Keyboard.PressAsync("Enter");
    }

    protected static ILocator ButtonOf(IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    // The first question of a page, which the model answers at once.
    protected async Task AskAnsweredAsync(IPage page, string question, string answer)
    {
        Model.Write(answer);
        Model.Finish();
        await AskAsync(page, question);
        await Expect(page.Locator(".answer")).ToHaveAttributeAsync("data-state", "done");
    }

    protected async Task<IPage> OpenAsync(IChatClient? model = null, BrowserNewContextOptions? options = null)
    {
        var app = new ChatApp(model ?? Model);
        _apps.Add(app);
        return await browser.OpenAsync(app.Listen(), options);
    }

    protected Task<IPage> OpenInOtherBrowserAsync(string address) => browser.OpenAsync(new Uri(address));
}
