using System.Collections.Concurrent;

namespace ChatStreaming.Chats;

/// <summary>Knows the streams that are open, only so that the page can have its own connection cut.</summary>
internal sealed class OpenStreams
{
    private readonly ConcurrentDictionary<(string Owner, string Tab), HttpContext> _open = new();

    public void Opened(HttpContext context)
    {
        if (context.Request.Query["tab"] is not [{ Length: > 0 and <= 64 } tab])
        {
            return;
        }

        (string, string) key = (ChatOwner.Of(context), tab);
        _open[key] = context;
        context.Response.OnCompleted(() =>
        {
            _open.TryRemove(new KeyValuePair<(string, string), HttpContext>(key, context));
            return Task.CompletedTask;
        });
    }

    public bool Drop(HttpContext context, string tab)
    {
        if (!_open.TryGetValue((ChatOwner.Of(context), tab), out HttpContext? stream))
        {
            return false;
        }

        stream.Abort();
        return true;
    }
}
