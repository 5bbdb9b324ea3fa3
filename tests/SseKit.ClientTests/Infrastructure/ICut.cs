namespace SseKit.ClientTests.Infrastructure;

/// <summary>Finds where a connection breaks.</summary>
internal interface ICut
{
    /// <summary>Takes the next bytes to the client.</summary>
    /// <returns>How many of them pass before the connection breaks; null for all of them and no break.</returns>
    int? Find(ReadOnlySpan<byte> received);
}
