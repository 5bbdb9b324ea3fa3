namespace Notifications;

/// <summary>Knows the feeds that are open, only so that the page can have its own connection cut.</summary>
public sealed class OpenFeeds
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, HttpContext> _open = [];

    public void Opened(string client, HttpContext context)
    {
        lock (_gate)
        {
            _open[client] = context;
        }

        context.Response.OnCompleted(() =>
        {
            Closed(client, context);
            return Task.CompletedTask;
        });
    }

    public bool Drop(string client)
    {
        // Within the lock: a context whose request is over may be another request's already.
        lock (_gate)
        {
            if (!_open.TryGetValue(client, out HttpContext? context))
            {
                return false;
            }

            context.Abort();
            return true;
        }
    }

    private void Closed(string client, HttpContext context)
    {
        lock (_gate)
        {
            if (_open.GetValueOrDefault(client) == context)
            {
                _open.Remove(client);
            }
        }
    }
}
