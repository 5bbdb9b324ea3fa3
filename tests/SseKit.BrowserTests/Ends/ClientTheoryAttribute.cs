using SseKit.BrowserTests.Firefox;
using SseKit.BrowserTests.Infrastructure;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Ends;

/// <summary>A theory about clients in Chromium, Firefox and Node, skipped if one of them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClientTheoryAttribute : TheoryAttribute
{
    public ClientTheoryAttribute() => Skip = ReasonToSkip;

    public static string? ReasonToSkip =>
        InstalledProgram.ReasonToSkip(Chromium.Program)
        ?? InstalledProgram.ReasonToSkip(FirefoxProcess.Program)
        ?? NodeClients.ReasonToSkip;
}
