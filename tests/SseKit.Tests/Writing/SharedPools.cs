namespace SseKit.Tests.Writing;

/// <summary>Tests that measure what the process's pools save. They run alone: other tests would take what the pools hold.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedPools
{
    public const string Name = "Shared pools";
}
