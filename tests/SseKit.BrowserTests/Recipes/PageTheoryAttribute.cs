using SseKit.BrowserTests.Infrastructure;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>A theory about pages in Chromium that use npm packages, skipped without one of them.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PageTheoryAttribute : TheoryAttribute
{
    public PageTheoryAttribute() => Skip = InstalledProgram.ReasonToSkip(Chromium.Program) ?? NodeClients.ReasonToSkip;
}
