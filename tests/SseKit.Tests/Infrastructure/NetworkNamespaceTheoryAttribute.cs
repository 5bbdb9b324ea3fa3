namespace SseKit.Tests.Infrastructure;

/// <summary>Tests that cut their own network. If this process may not create one, they are skipped, with a reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NetworkNamespaceTheoryAttribute : TheoryAttribute
{
    private static readonly string? Reason = ReasonToSkip();

    public NetworkNamespaceTheoryAttribute() => Skip = Reason;

    private static string? ReasonToSkip()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "A network namespace needs root on Linux.";
        }

        if (InstalledProgram.ReasonToSkip("ip") is { } reason)
        {
            return reason;
        }

        try
        {
            NetworkNamespace.Create().Dispose();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }
}
