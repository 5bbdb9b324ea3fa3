using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;

namespace SseKit.MiddlewareTests.App;

/// <summary>The events that every stream of the app sends to a client: one at once, and one when the test releases it.</summary>
public sealed class Script
{
    public const string ClientHeader = "X-Client";

    private readonly ConcurrentDictionary<string, Signal> _released = new();
    private readonly ConcurrentDictionary<string, Signal> _ended = new();
    private readonly ConcurrentDictionary<string, Signal> _begun = new();

    public static string First(string client) => $"first of {client}";

    // Several lines, beyond ASCII, and larger than the buffers of middlewares.
    public static string Second(string client) => $"second of {client}\nÄ 東 😀\n{new string('x', 100_000)}";

    /// <summary>Every client of a test requests the same address, so that a cache could confuse them.</summary>
    public static string ClientOf(HttpContext context) => context.Request.Headers[ClientHeader].ToString();

    public void Release(string client) => ReleasedOf(client).Set();

    /// <summary>Waits until the handler of a client's stream is in its loop.</summary>
    public Task BegunAsync(string client) => BegunOf(client).WaitAsync();

    /// <summary>Waits until the handler of a client's stream has left its loop.</summary>
    public Task EndedAsync(string client) => EndedOf(client).WaitAsync();

    /// <summary>The second event alone: the stream is idle until the test releases it.</summary>
    public async IAsyncEnumerable<string> LateEventsAsync(string client, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await ReleasedOf(client).WaitAsync(cancellationToken);
        yield return Second(client);
    }

    public async IAsyncEnumerable<string> EventsAsync(string client, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await Task.Yield();
            BegunOf(client).Set();
            yield return First(client);
            await ReleasedOf(client).WaitAsync(cancellationToken);
            yield return Second(client);
        }
        finally
        {
            EndedOf(client).Set();
        }
    }

    private Signal ReleasedOf(string client) => _released.GetOrAdd(client, _ => new Signal());

    private Signal BegunOf(string client) => _begun.GetOrAdd(client, _ => new Signal());

    private Signal EndedOf(string client) => _ended.GetOrAdd(client, _ => new Signal());
}
