namespace SseKit.ClientTests.Infrastructure;

/// <summary>The scenarios of the chat page in one Firefox, run once for all tests.</summary>
public sealed class FirefoxChat : IAsyncLifetime, IAsyncDisposable
{
    private readonly ScriptedChatApp _scripted = new();
    private readonly ChatApp _demo = new();
    private ClientReport? _report;

    /// <summary>The result of a scenario: "passed", or the failure.</summary>
    public string? Outcome(string scenario) => _report!.Error ?? _report.String(scenario);

    public async Task InitializeAsync()
    {
        if (FirefoxTheoryAttribute.ReasonToSkip is not null)
        {
            return;
        }

        await _scripted.InitializeAsync();
        await _demo.InitializeAsync();
        _report = await NodeClients.RunAsync(
            "firefox-chat", _scripted.Address, InstalledProgram.PathOf(FirefoxTheoryAttribute.Program), $"{_demo.Address}");
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _scripted.DisposeAsync();
        await _demo.DisposeAsync();
    }
}
