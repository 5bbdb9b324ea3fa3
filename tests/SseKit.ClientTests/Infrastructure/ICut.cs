namespace SseKit.ClientTests.Infrastructure;

/// <summary>Decides where a connection breaks.</summary>
internal interface ICut
{
    /// <summary>Takes the next bytes to the client.</summary>
    /// <returns>The number of bytes that pass before the connection breaks; null if it does not break.</returns>
    int? Find(ReadOnlySpan<byte> received);
}
