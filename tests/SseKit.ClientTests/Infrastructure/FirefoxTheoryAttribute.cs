namespace SseKit.ClientTests.Infrastructure;

/// <summary>A theory about Firefox, automated from Node, skipped if one of the two is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FirefoxTheoryAttribute : TheoryAttribute
{
    public const string Program = "firefox-esr";

    public FirefoxTheoryAttribute() => Skip = ReasonToSkip;

    public static string? ReasonToSkip => NodeClients.ReasonToSkip ?? InstalledProgram.ReasonToSkip(Program);
}
