using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SseKit.Storage.FileLog;

/// <summary>
/// Makes the epochs of topics. A topic that was never used has one too, which it keeps for its first event; since nobody writes down every name
/// that is asked for, it is computed: from the log's salt, the name, and a generation that changes when a topic is deleted. Generations are kept in
/// buckets of names, so their number is bounded (I8); a topic that was never used shares its promise with the topics of its bucket.
/// </summary>
internal sealed class SseLogEpochs
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private const int SaltLength = 16;
    private const int Buckets = 16384;

    public byte[] Salt { get; private set; } = RandomNumberGenerator.GetBytes(SaltLength);

    /// <summary>The generations of the buckets that have one.</summary>
    public Dictionary<int, long> Generations { get; } = [];

    public long NextGeneration { get; private set; } = 1;

    public string Of(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Hash(name, Generations.GetValueOrDefault(BucketOf(name)), hash);
        return string.Create(SseLogFrame.EpochLength, hash, static (epoch, hash) =>
        {
            for (int i = 0; i < epoch.Length; i++)
            {
                epoch[i] = Alphabet[hash[i] % Alphabet.Length];
            }
        });
    }

    // The name alone decides: a bucket outlives the salt.
    public static int BucketOf(string name)
    {
        uint crc = uint.MaxValue;
        foreach (char each in name)
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, each);
        }

        return (int)(crc % Buckets);
    }

    public long TakeGeneration() => NextGeneration++;

    /// <summary>Topics of this bucket that begin from now on have other epochs.</summary>
    public void Set(int bucket, long generation)
    {
        Generations[bucket] = generation;
        NextGeneration = Math.Max(NextGeneration, generation + 1);
    }

    /// <summary>Gives every name another epoch than it ever had.</summary>
    public void Renew()
    {
        Salt = RandomNumberGenerator.GetBytes(SaltLength);
        Generations.Clear();
    }

    public void ReadDeletion(ReadOnlySpan<byte> deleted) =>
        Set(BinaryPrimitives.ReadInt32LittleEndian(deleted[19..]), BinaryPrimitives.ReadInt64LittleEndian(deleted[23..]));

    /// <summary>Takes over a checkpoint and returns the next topic's id.</summary>
    public long ReadCheckpoint(ReadOnlySpan<byte> checkpoint, out int topics)
    {
        Salt = checkpoint.Slice(SseLogFrame.HeadLength, SaltLength).ToArray();
        NextGeneration = BinaryPrimitives.ReadInt64LittleEndian(checkpoint[35..]);
        topics = BinaryPrimitives.ReadInt32LittleEndian(checkpoint[43..]);
        Generations.Clear();
        ReadOnlySpan<byte> rest = checkpoint[SseLogFrame.CheckpointLength..];
        for (; rest.Length >= SseLogFrame.GenerationLength; rest = rest[SseLogFrame.GenerationLength..])
        {
            Set(BinaryPrimitives.ReadInt32LittleEndian(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[4..]));
        }

        return BinaryPrimitives.ReadInt64LittleEndian(checkpoint[27..]);
    }

    private void Hash(string name, long generation, Span<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[SaltLength + sizeof(long) + (name.Length * sizeof(char))];
        Salt.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[SaltLength..], generation);
        for (int i = 0; i < name.Length; i++)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(bytes[(SaltLength + sizeof(long) + (i * sizeof(char)))..], name[i]);
        }

        SHA256.HashData(bytes, hash);
    }
}
