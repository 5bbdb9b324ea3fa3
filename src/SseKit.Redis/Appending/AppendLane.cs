namespace SseKit.Redis;

/// <summary>The topics whose appends wait for a script, and how many scripts run. The queue's lock guards it.</summary>
/// <param name="maxRunning">The most scripts that run at once.</param>
internal sealed class AppendLane(int maxRunning)
{
    public int MaxRunning => maxRunning;

    public Queue<string> Ready { get; } = new();

    public int Running { get; set; }
}
