using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SseKit.Stores.InMemory;

/// <summary>
/// Computes the epochs of topics that have no log in memory, so that reading an unused topic stores nothing (I10): a hash of a secret of
/// the process and the name, and the generation that the name's last log has ended. Generations are only counted up, so no two logs of a
/// topic have the same epoch. Not thread-safe.
/// </summary>
internal sealed class UnusedEpochs
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";
    private const int HashLength = 12;
    private const int SecretLength = 16;

    // Names share generations, which bounds their number (I8). If the generation of a bucket changes, so do the epochs of its unused
    // topics.
    private const int Buckets = 16384;

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(SecretLength);
    private readonly Dictionary<int, long> _generations = [];
    private long _last;

    /// <summary>The epoch of the next log of a name.</summary>
    public string Of(string name)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(name, hash);
        Span<char> text = stackalloc char[HashLength];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = Alphabet[hash[i] % Alphabet.Length];
        }

        return string.Create(CultureInfo.InvariantCulture, $"{text}{_generations.GetValueOrDefault(BucketOf(hash))}");
    }

    /// <summary>Gives the next log of a name another epoch than any before it.</summary>
    public void Advance(string name)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(name, hash);
        _generations[BucketOf(hash)] = ++_last;
    }

    private void Hash(string name, Span<byte> hash) =>
        HMACSHA256.HashData(_secret, MemoryMarshal.AsBytes(name.AsSpan()), hash);

    // These bytes are not part of the epoch.
    private static int BucketOf(ReadOnlySpan<byte> hash) => (int)(MemoryMarshal.Read<uint>(hash[HashLength..]) % Buckets);
}
