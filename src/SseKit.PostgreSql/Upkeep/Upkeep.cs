using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;
using SseKit.Stores;

namespace SseKit.PostgreSql;

/// <summary>
/// Deletes events beyond the bounds, in the background, in small transactions: 1. claim the interval, which one server gets; 2. trim
/// topics; 3. delete the events of deleted topics; 4. delete unused topics without events.
/// </summary>
internal sealed partial class Upkeep(
    Database database,
    EvictedEvents evicted,
    SsePostgreSqlEventStoreOptions options,
    TimeProvider time,
    ILogger logger,
    CancellationToken stopping)
{
    // A topic's row is locked while this many events are deleted.
    private const int EventsPerTransaction = 500;

    private const int TopicsPerQuery = 1000;

    // A claim further in the future than an interval was made before the clock was set back.
    private const string ClaimText = """
        insert into {schema}.upkeep as u (begun_at) values (clock_timestamp())
        on conflict (only_row) do update set begun_at = clock_timestamp()
        where u.begun_at not between clock_timestamp() - $1 and clock_timestamp() + $1 returning 1
        """;

    private const string ExceededText = """
        select id from {schema}.topics
        where head - oldest >= $1 or (bytes > $2 and head > oldest) or oldest_at < clock_timestamp() - $3
        limit $4
        """;

    private const string TrimText = "select {schema}.trim($1, $2, $3, clock_timestamp() - $4, $5)";

    private const string SweepText = """
        with one as (select topic from {schema}.dropped limit 1),
        gone as (
            delete from {schema}.events e using one
            where e.topic = one.topic and e.sequence in (
                select sequence from {schema}.events where topic = one.topic order by sequence limit $1
            )
            returning 1
        ), through as (
            delete from {schema}.dropped d using one
            where d.topic = one.topic and not exists (select from {schema}.events e where e.topic = one.topic)
        )
        select count(*) from one
        """;

    private const string DeleteUnusedText = "select {schema}.delete_unused(clock_timestamp() - $1, $2)";

    private const string LeasesText = "delete from {schema}.leases where expires_at < clock_timestamp() - interval '1 day'";

    private static readonly TimeSpan Forever = TimeSpan.FromDays(365_000);

    public void Start() => BackgroundWork.Start(RunAsync);

    /// <summary>Deletes all events beyond the bounds now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        long dropped = 0;
        while (await FindExceededAsync(cancellationToken) is { Count: > 0 } topics)
        {
            long before = dropped;
            foreach (long topic in topics)
            {
                dropped += await TrimAsync(topic, cancellationToken);
            }

            // The remaining topics are locked. The next interval trims them.
            if (dropped == before)
            {
                break;
            }
        }

        while (await CountAsync(SweepText, cancellationToken, EventsPerTransaction) > 0)
        {
        }

        TimeSpan unusedFor = Finite(options.ForgetTopicsAfter);
        while (await CountAsync(DeleteUnusedText, cancellationToken, unusedFor, EventsPerTransaction) > 0)
        {
        }

        await CountAsync(LeasesText, cancellationToken);
        if (dropped > 0)
        {
            Log.Done(logger, dropped);
        }
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.UpkeepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                await TrySweepAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task TrySweepAsync()
    {
        try
        {
            if (await ClaimAsync())
            {
                await SweepAsync(stopping);
            }
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            Log.Failed(logger, exception);
        }
    }

    // A claim costs one row and needs no session of its own. If a server stops, another one claims the next interval.
    private async Task<bool> ClaimAsync() => await CountAsync(ClaimText, stopping, options.UpkeepInterval * 0.9) > 0;

    private Task<List<long>> FindExceededAsync(CancellationToken cancellationToken) => database.RunAsync(
        async connection =>
        {
            await using NpgsqlCommand command = Command(
                connection, ExceededText, options.MaxEventsPerTopic, options.MaxBytesPerTopic, Finite(options.MaxAge), TopicsPerQuery);
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            List<long> topics = [];
            while (await reader.ReadAsync(cancellationToken))
            {
                topics.Add(reader.GetInt64(0));
            }

            return topics;
        },
        cancellationToken);

    private async Task<long> TrimAsync(long topic, CancellationToken cancellationToken)
    {
        long dropped = 0;
        long now;
        do
        {
            now = await CountAsync(
                TrimText,
                cancellationToken,
                topic,
                options.MaxEventsPerTopic,
                options.MaxBytesPerTopic,
                Finite(options.MaxAge),
                EventsPerTransaction);
            dropped += now;
            evicted.Add(now);
        }
        while (now == EventsPerTransaction);
        return dropped;
    }

    private Task<long> CountAsync(string text, CancellationToken cancellationToken, params object[] values) => database.RunAsync(
        async connection =>
        {
            await using NpgsqlCommand command = Command(connection, text, values);
            return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken) ?? 0L, CultureInfo.InvariantCulture);
        },
        cancellationToken);

    private NpgsqlCommand Command(NpgsqlConnection connection, string text, params object[] values)
    {
        var command = new NpgsqlCommand(database.Statement(text), connection);
        foreach (object value in values)
        {
            command.Parameters.Add(value is TimeSpan
                ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Interval }
                : new NpgsqlParameter { Value = value });
        }

        return command;
    }

    private static TimeSpan Finite(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? Forever : time;

    private static partial class Log
    {
        [LoggerMessage(LogEventIds.UpkeepDone, LogLevel.Information, "Deleted {Events} events beyond the store's bounds.")]
        public static partial void Done(ILogger logger, long events);

        [LoggerMessage(
            LogEventIds.UpkeepFailed,
            LogLevel.Warning,
            "Failed to delete events beyond the bounds of the PostgreSQL event store; trying again in the next interval.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
