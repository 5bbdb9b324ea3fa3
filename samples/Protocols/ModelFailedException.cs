namespace Protocols;

/// <summary>The model could not answer. The message may be shown to its user.</summary>
public sealed class ModelFailedException(string message) : Exception(message)
{
    /// <summary>The message that a client gets: never that of a bug or of an upstream server.</summary>
    public static string PublicMessage(Exception failure) => failure is ModelFailedException ? failure.Message : "The answer failed.";
}
