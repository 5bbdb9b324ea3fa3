namespace SseKit.Topics;

/// <summary>What following and publishing share. One per app.</summary>
internal sealed record SseTopicServices(ISseEventStore Store, SseTopicRegistry Topics);
