using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SseKit.Storage.FileLog;

/// <summary>
/// The idempotency keys of a topic's events. Kept as hashes with a secret of this process, which take less than the keys: 128 bits that nobody can
/// aim at do not meet by chance. Not thread-safe.
/// </summary>
internal sealed class SseLogKeys
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(16);

    private readonly Dictionary<UInt128, long> _sequences = [];
    private readonly SseDeque<(long Sequence, UInt128 Key)> _byAge = new();

    public int Count => _byAge.Count;

    public static UInt128 HashOf(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        ReadOnlySpan<byte> text = SseLogText.BytesOf(key);
        Span<byte> bytes = stackalloc byte[Secret.Length + text.Length];
        Secret.CopyTo(bytes);
        text.CopyTo(bytes[Secret.Length..]);
        SHA256.HashData(bytes, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    public bool TryFind(UInt128 key, out long sequence) => _sequences.TryGetValue(key, out sequence);

    public void Add(UInt128 key, long sequence)
    {
        _sequences[key] = sequence;
        _byAge.Enqueue((sequence, key));
    }

    /// <summary>Frees the keys of the events before this one.</summary>
    public void DropBefore(long sequence)
    {
        while (_byAge.Count > 0 && _byAge[0].Sequence < sequence)
        {
            // A key whose event had expired may have been used again.
            (long dropped, UInt128 key) = _byAge.Dequeue();
            if (_sequences.TryGetValue(key, out long current) && current == dropped)
            {
                _sequences.Remove(key);
            }
        }
    }
}
