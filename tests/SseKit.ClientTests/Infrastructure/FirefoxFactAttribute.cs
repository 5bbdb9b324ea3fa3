namespace SseKit.ClientTests.Infrastructure;

/// <summary>A fact about Firefox, driven from Node, skipped where one of the two is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FirefoxFactAttribute : FactAttribute
{
    public const string Program = "firefox-esr";

    public FirefoxFactAttribute() => Skip = NodeClients.ReasonToSkip ?? InstalledProgram.ReasonToSkip(Program);
}
