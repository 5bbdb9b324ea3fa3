using SseKit.PostgreSql;

namespace SseKit.Redis;

/// <summary>The appends of one topic in a script.</summary>
internal sealed record TopicBatch(string Topic, IReadOnlyList<PendingAppend> Appends);
