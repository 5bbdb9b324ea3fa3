using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

/// <summary>The chat page in another browser than the one that its own tests use.</summary>
public sealed class FirefoxChatTests(ChatApp chat) : IClassFixture<ChatApp>
{
    [FirefoxFact]
    public async Task An_answer_goes_on_after_a_reload_and_a_dropped_connection()
    {
        ClientReport report = await NodeClients.RunAsync("firefox-chat", chat.Address, InstalledProgram.PathOf(FirefoxFactAttribute.Program));

        Assert.Null(report.Error);
        Assert.Equal(["/long 120"], report.Strings("questions"));
        string[] words = report.Text[(report.Text.IndexOf("twice.", StringComparison.Ordinal) + "twice.".Length)..]
            .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(1, 120).Select(static number => $"{number}"), words);
    }
}
