namespace ChatStreaming.Chats;

/// <summary>Holds the open streams, only so that the page can abort its own connection.</summary>
internal sealed class OpenStreams
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Owner, string Tab), HttpContext> _open = [];

    public void Opened(HttpContext context)
    {
        if (context.Request.Query["tab"] is not [{ Length: > 0 and <= 64 } tab])
        {
            return;
        }

        (string, string) key = (ChatOwner.Of(context), tab);
        lock (_gate)
        {
            _open[key] = context;
        }

        context.Response.OnCompleted(() =>
        {
            Closed(key, context);
            return Task.CompletedTask;
        });
    }

    public bool Drop(HttpContext context, string tab)
    {
        // Within the lock, because the context of a completed request may already belong to another one.
        lock (_gate)
        {
            if (!_open.TryGetValue((ChatOwner.Of(context), tab), out HttpContext? stream))
            {
                return false;
            }

            stream.Abort();
            return true;
        }
    }

    private void Closed((string Owner, string Tab) key, HttpContext context)
    {
        lock (_gate)
        {
            if (_open.GetValueOrDefault(key) == context)
            {
                _open.Remove(key);
            }
        }
    }
}
