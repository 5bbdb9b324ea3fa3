namespace SseKit.Tests.Storage.FileLog;

/// <summary>Tests that start many processes. They run when no others do, which they would slow down.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KilledProcesses
{
    public const string Name = "killed processes";
}
