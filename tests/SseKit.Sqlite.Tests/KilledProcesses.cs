namespace SseKit.Sqlite.Tests;

/// <summary>Tests that start many processes. They run alone, because they would slow down all others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class KilledProcesses
{
    public const string Name = "killed processes";
}
