using SseKit;

namespace Notifications;

/// <summary>Publishes an alert every few seconds, as a background service would.</summary>
public sealed class SystemAlerts(ISsePublisher publisher, TimeProvider time) : BackgroundService
{
    private static readonly string[] Messages =
    [
        "Backup finished", "Disk at 71 %", "Certificate renewed", "Node 3 joined the cluster", "Latency back to normal",
        "Deploy 214 is live",
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(4), time);
        for (int i = 0; await timer.WaitForNextTickAsync(stoppingToken); i++)
        {
            var alert = new { Message = Messages[i % Messages.Length], At = time.GetUtcNow() };
            await publisher.PublishAsync(Topics.Alerts, alert, eventType: "alert", stoppingToken);
        }
    }
}
