namespace SseKit.Topics;

/// <summary>The services that following and publishing share. One per app.</summary>
internal sealed record TopicServices(ISseEventStore Store, TopicRegistry Topics, StoreHealth Health, TopicMetrics Metrics);
