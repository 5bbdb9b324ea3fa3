namespace Protocols;

/// <summary>
/// Names the topics of runs. An id of a client is untrusted input, so its length is checked. An app with users puts the user into the
/// topic's name, so that no user reads the runs of others.
/// </summary>
internal static class RunTopic
{
    private const int MaxIdLength = 64;

    /// <summary>Returns the topic; null for an invalid id, which refuses the request.</summary>
    public static string? Of(string protocol, string? id) => id is { Length: > 0 and <= MaxIdLength } ? $"{protocol}:{id}" : null;
}
