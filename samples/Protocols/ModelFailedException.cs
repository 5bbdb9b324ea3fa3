namespace Protocols;

/// <summary>The model could not answer, and says why in words that are fit for its user.</summary>
public sealed class ModelFailedException(string message) : Exception(message)
{
    /// <summary>What a client may know of a failure: not what a bug or an upstream has to say.</summary>
    public static string PublicMessage(Exception failure) => failure is ModelFailedException ? failure.Message : "The answer failed.";
}
