using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SseKit.Stores;

/// <summary>
/// Computes the epochs of unused topics, so that reading one stores nothing (I10): a hash of a secret and the name, and the generation of
/// the name's bucket. Generations are only counted up, so no two logs of a topic have the same epoch. Also compiled into SseKit.Sqlite.
/// </summary>
internal sealed class Epochs(byte[] secret)
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuv";
    private const int HashLength = 12;

    // Names share generations, which bounds their number (I8).
    private const uint Buckets = 16384;

    public string Of(string name, long generation)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(name, hash);
        Span<char> text = stackalloc char[HashLength];
        for (int i = 0; i < text.Length; i++)
        {
            text[i] = Alphabet[hash[i] % Alphabet.Length];
        }

        return string.Create(CultureInfo.InvariantCulture, $"{text}{generation}");
    }

    public long BucketOf(string name)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(name, hash);
        return MemoryMarshal.Read<uint>(hash[HashLength..]) % Buckets; // These bytes are not part of the epoch.
    }

    private void Hash(string name, Span<byte> hash) => HMACSHA256.HashData(secret, MemoryMarshal.AsBytes(name.AsSpan()), hash);
}
