using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Explains why Redis refused or did not answer a command.</summary>
internal static class RedisErrors
{
    private static readonly (string Code, string Text)[] Causes =
    [
        ("OOM", "Redis is out of memory (maxmemory). Raise it, or lower MaxAge, MaxBytesPerTopic or MaxEventsPerTopic."),
        ("READONLY", "The Redis server is a read-only replica, as in a failover. Nothing was changed."),
        ("LOADING", "Redis is loading its data after a start. Nothing was changed."),
        ("MASTERDOWN", "The Redis replica has no connection to its primary. Nothing was changed."),
        ("CLUSTERDOWN", "The Redis cluster has no node for the topic. Nothing was changed."),
        ("TRYAGAIN", "The topic's slot is moving to another node of the Redis cluster. Nothing was changed."),
        ("NOREPLICAS", "Redis has too few replicas (min-replicas-to-write). Nothing was changed."),
        ("MISCONF", "Redis refuses writes because it cannot save its data. Nothing was changed."),
        ("NOAUTH", "Redis requires a password or a user in the configuration of the connection."),
        ("WRONGPASS", "Redis refused the user or the password in the configuration of the connection."),
        ("NOPERM", "The Redis user may not use a command, key or channel of the store: see KeyPrefix."),
        ("BUSY", "Redis is busy with another script."),
    ];

    /// <summary>Whether an exception is of the connection or of Redis: timeouts have another base class.</summary>
    public static bool IsOfRedis(Exception exception) => exception is RedisException or RedisTimeoutException;

    /// <summary>Returns an exception with a clear message; the same exception if there is none.</summary>
    public static Exception Explain(Exception exception)
    {
        if (IsOutcomeUnknown(exception) || CauseOf(exception) is not { } cause)
        {
            return exception;
        }

        return With(cause, exception);
    }

    /// <summary>Returns an exception for callers without a connection. Nothing was sent.</summary>
    public static Exception OfConnecting(Exception exception) => IsOfRedis(exception)
        ? With(CauseOf(exception) ?? "Failed to connect to Redis. Nothing was changed.", exception)
        : exception;

    /// <summary>Returns an exception for callers whose change may have been made.</summary>
    public static Exception OfChange(Exception exception) => IsOutcomeUnknown(exception)
        ? new RedisException(
            "Redis did not answer a change, so the outcome is unknown. Publish again with an idempotency key: the event is then appended "
            + $"at most once. ({exception.Message})",
            exception)
        : exception;

    /// <summary>Whether the keys of a script are on several nodes of a cluster. Nothing was executed.</summary>
    public static bool IsAboutSlots(Exception exception) =>
        Has(exception, "CROSSSLOT")
        || (exception is RedisCommandException && exception.Message.Contains("single slot", StringComparison.Ordinal));

    /// <summary>Whether some keys of a script are on another node of a cluster, or on none, while their slot moves.</summary>
    public static bool IsAboutMovingSlot(Exception exception) => Has(exception, "TRYAGAIN");

    public static bool IsOutOfMemory(Exception exception) => Has(exception, "OOM");

    /// <summary>Whether the connection must look for the primary: the server is a replica, or no server accepts writes.</summary>
    public static bool IsWithoutPrimary(Exception exception) =>
        Has(exception, "READONLY")
        || exception is RedisConnectionException { FailureType: ConnectionFailureType.UnableToResolvePhysicalConnection };

    private static RedisException With(string text, Exception exception) => new($"{text} ({exception.Message})", exception);

    private static string? CauseOf(Exception exception)
    {
        foreach ((string code, string text) in Causes)
        {
            if (Has(exception, code))
            {
                return text;
            }
        }

        return null;
    }

    private static bool IsOutcomeUnknown(Exception exception) => exception switch
    {
        RedisTimeoutException timeout => timeout.Commandstatus is not (CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog),
        RedisConnectionException broken => broken.CommandStatus is not (CommandStatus.WaitingToBeSent or CommandStatus.WaitingInBacklog),
        _ => false,
    };

    // An error of a command within a script follows the words of the script's error before version 7. One that prevents a connection is an
    // inner exception.
    private static bool Has(Exception? exception, string code) => exception is not null
        && (exception.Message.StartsWith(code + " ", StringComparison.Ordinal)
            || exception.Message.Contains($"-{code} ", StringComparison.Ordinal)
            || exception.Message.Contains($": {code} ", StringComparison.Ordinal)
            || Has(exception.InnerException, code));
}
