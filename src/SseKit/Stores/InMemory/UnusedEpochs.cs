using System.Security.Cryptography;

namespace SseKit.Stores.InMemory;

/// <summary>Holds the epochs of topics that have no log in memory. Not thread-safe.</summary>
internal sealed class UnusedEpochs
{
    private const int SecretLength = 16;

    private readonly Epochs _epochs = new(RandomNumberGenerator.GetBytes(SecretLength));
    private readonly Dictionary<long, long> _generations = [];
    private long _last;

    /// <summary>The epoch of the next log of a name.</summary>
    public string Of(string name) => _epochs.Of(name, _generations.GetValueOrDefault(_epochs.BucketOf(name)));

    /// <summary>Gives the next log of a name another epoch than any before it.</summary>
    public void Advance(string name) => _generations[_epochs.BucketOf(name)] = ++_last;
}
