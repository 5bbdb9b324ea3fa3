using System.Globalization;
using Microsoft.Extensions.Logging;
using SseKit.PostgreSql;

namespace SseKit.Redis;

/// <summary>
/// Checks the version, the eviction policy and the replication id of the server, once it is connected. It warns and refuses nothing.
/// </summary>
internal sealed partial class ServerCheck(
    ScriptRunner scripts, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    private static readonly Version OldestVersion = new(6, 2);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public void Start() => BackgroundWork.Start(RunAsync);

    private async Task RunAsync()
    {
        bool done = false;
        while (!done && !stopping.IsCancellationRequested)
        {
            done = await TryCheckAsync();
            if (!done)
            {
                await Task.Delay(Pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<bool> TryCheckAsync()
    {
        try
        {
            var info = (string[])(await scripts.RunAsync(Script.Server, [], [], stopping))!;
            CheckVersion(info[0]);
            CheckEviction(info[1]);
            CheckHistory(info[2]);
            return true;
        }
        catch (Exception)
        {
            // Redis is unavailable, or the server stops.
            return false;
        }
    }

    private void CheckVersion(string? info)
    {
        if (Version.TryParse(Field(info, "redis_version"), out Version? version) && version < OldestVersion)
        {
            Log.TooOld(logger, version, OldestVersion);
        }
    }

    private void CheckEviction(string? info)
    {
        string? policy = Field(info, "maxmemory_policy");
        bool isLimited = long.TryParse(Field(info, "maxmemory"), CultureInfo.InvariantCulture, out long limit) && limit > 0;
        if (isLimited && policy is not (null or "noeviction"))
        {
            Log.Evicts(logger, policy);
        }
    }

    private void CheckHistory(string? info)
    {
        if (Field(info, "master_replid") is not { } id || id.All(digit => digit == '0'))
        {
            Log.HasNoHistory(logger);
        }
    }

    private static string? Field(string? info, string name) => info?
        .Split('\n', StringSplitOptions.TrimEntries)
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..];

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.ServerHasNoHistory,
            LogLevel.Warning,
            "Redis reports no replication id (master_replid), so a failover that loses events is not detected.")]
        public static partial void HasNoHistory(ILogger logger);

        [LoggerMessage(
            LogEventIds.ServerEvicts,
            LogLevel.Warning,
            "Redis deletes keys if its memory is full (maxmemory-policy {Policy}), and so may delete topics and leases before their time. "
            + "Set maxmemory-policy to noeviction, or give the store a Redis of its own.")]
        public static partial void Evicts(ILogger logger, string policy);

        [LoggerMessage(LogEventIds.ServerTooOld, LogLevel.Warning, "Redis has version {Version}; the store needs {Oldest} or later.")]
        public static partial void TooOld(ILogger logger, Version version, Version oldest);
    }
}
