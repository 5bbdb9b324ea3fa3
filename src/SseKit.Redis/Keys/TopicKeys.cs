using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>A topic's name as Redis has it, and the keys that scripts about it use.</summary>
/// <param name="Bucket">Its bucket.</param>
/// <param name="Name">Its name in bytes.</param>
/// <param name="All">The keys of its bucket; then its hash, its stream and its idempotency keys.</param>
internal sealed record TopicKeys(int Bucket, byte[] Name, RedisKey[] All);
