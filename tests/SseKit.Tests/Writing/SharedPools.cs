namespace SseKit.Tests.Writing;

/// <summary>Tests that measure the effect of the process's pools. They run without parallel tests, which would use the pools too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SharedPools
{
    public const string Name = "Shared pools";
}
