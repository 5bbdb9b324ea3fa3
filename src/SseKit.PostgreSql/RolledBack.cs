using Npgsql;

namespace SseKit.PostgreSql;

/// <summary>Classifies errors by what they state about a transaction.</summary>
internal static class RolledBack
{
    /// <summary>
    /// Whether the transaction has certainly changed nothing. A FATAL ends the session, possibly after the commit. A cancellation that
    /// arrives late hits the statement with which Npgsql resets the session, and the transaction after it commits.
    /// </summary>
    public static bool IsCertain(PostgresException exception) => exception.InvariantSeverity == "ERROR"
        ? exception.SqlState != PostgresErrorCodes.QueryCanceled
        : WasIdle(exception);

    /// <summary>Whether another attempt may succeed, because other sessions or the idle time of this one caused the rollback.</summary>
    public static bool IsTransient(PostgresException exception) => IsCertain(exception)
        && (WasIdle(exception) || exception.SqlState is PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.SerializationFailure);

    // The database had ended the session before it received the statement.
    private static bool WasIdle(PostgresException exception) => exception.SqlState == "57P05";
}
