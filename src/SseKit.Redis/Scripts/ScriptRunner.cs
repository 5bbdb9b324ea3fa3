using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Runs scripts by their hashes. Redis loses its scripts when it restarts; one that it lacks is sent. Thread-safe.</summary>
internal sealed class ScriptRunner(RedisConnection connection, TimeProvider time)
{
    // A slot moves in milliseconds, or in seconds if it has many keys.
    private const int MaxAttempts = 100;
    private static readonly TimeSpan PauseBetweenAttempts = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs a script, again while the slot of its keys moves. Nothing cancels it once it is sent.</summary>
    /// <exception cref="RedisException">Redis is unavailable or has refused the script.</exception>
    public Task<RedisResult> RunAsync(
        Script script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken = default) =>
        RepeatAsync(() => RunOnceAsync(script, keys, values, cancellationToken), cancellationToken);

    /// <summary>Repeats a call of <see cref="RunOnceAsync"/> that a cluster refuses because the slot of its keys moves.</summary>
    public async Task<T> RepeatAsync<T>(Func<Task<T>> run, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await run();
            }
            catch (RedisException exception) when (attempt < MaxAttempts && RedisErrors.IsAboutMovingSlot(exception))
            {
                await Task.Delay(PauseBetweenAttempts, time, cancellationToken);
            }
        }
    }

    /// <summary>Runs a script. Nothing cancels it once it is sent.</summary>
    /// <exception cref="RedisException">Redis is unavailable or has refused the script.</exception>
    public async Task<RedisResult> RunOnceAsync(
        Script script, RedisKey[] keys, RedisValue[] values, CancellationToken cancellationToken)
    {
        IConnectionMultiplexer multiplexer = await connection.GetAsync(cancellationToken);
        IDatabase database = multiplexer.GetDatabase();
        try
        {
            return await RunAsync(database, script, keys, values);
        }
        catch (RedisServerException exception) when (script.Freer is not null && RedisErrors.IsOutOfMemory(exception))
        {
            return await FreeAsync(database, script.Freer, keys, values) ?? throw RedisErrors.Explain(exception);
        }
        catch (Exception exception) when (RedisErrors.IsOfRedis(exception))
        {
            throw Explain(exception);
        }
    }

    /// <summary>Explains an error, and looks for the primary if it shows that there is none.</summary>
    public Exception Explain(Exception exception)
    {
        connection.Check(exception);
        return RedisErrors.Explain(exception);
    }

    // Returns null if the server is older than version 7 and so refuses the script's flags.
    private static async Task<RedisResult?> FreeAsync(IDatabase database, Script script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await RunAsync(database, script, keys, values);
        }
        catch (RedisServerException)
        {
            return null;
        }
    }

    private static async Task<RedisResult> RunAsync(IDatabase database, Script script, RedisKey[] keys, RedisValue[] values)
    {
        try
        {
            return await database.ScriptEvaluateAsync(script.Hash, keys, values);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Nothing was executed. EVAL also loads the script.
            return await database.ExecuteAsync(
                "EVAL", [script.Text, keys.Length, .. keys.Select(key => (object)key), .. values.Select(value => (object)value)]);
        }
    }
}
