using System.Collections.Concurrent;

namespace Notifications;

/// <summary>Knows the feeds that are open, only so that the page can have its own connection cut.</summary>
public sealed class OpenFeeds
{
    private readonly ConcurrentDictionary<string, HttpContext> _open = new();

    public void Opened(string client, HttpContext context)
    {
        _open[client] = context;
        context.Response.OnCompleted(() =>
        {
            _open.TryRemove(new KeyValuePair<string, HttpContext>(client, context));
            return Task.CompletedTask;
        });
    }

    public bool Drop(string client)
    {
        if (!_open.TryGetValue(client, out HttpContext? context))
        {
            return false;
        }

        context.Abort();
        return true;
    }
}
