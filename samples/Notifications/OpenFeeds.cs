namespace Notifications;

/// <summary>Holds the open feeds, only so that the page can abort its own connection.</summary>
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
        // Within the lock, because the context of a completed request may already belong to another one.
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
