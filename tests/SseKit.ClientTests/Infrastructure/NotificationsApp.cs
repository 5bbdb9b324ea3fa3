using Notifications;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>The sample whose feed clients resume.</summary>
public sealed class NotificationsApp : SampleApp<SystemAlerts>;
