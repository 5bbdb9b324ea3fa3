using SseKit.Topics.Following;

namespace SseKit.Endpoints;

/// <summary>What is known of a topic that a run writes.</summary>
/// <param name="ControlEntries">How many entries at the beginning of its log are no events.</param>
/// <param name="AlwaysOpens">Whether the client gets a stream, even if the run has ended without events meanwhile.</param>
/// <param name="TailIndexHeader">The response header with the index of the topic's last event; null for none.</param>
/// <param name="Progress">Receives the progress in the topic; null if no code needs it.</param>
internal sealed record FollowedRun(long ControlEntries, bool AlwaysOpens, string? TailIndexHeader, IFollowProgress? Progress);
