namespace SseKit.Http;

/// <summary>How a handler gives its events.</summary>
internal enum SseHandlerKind
{
    /// <summary>It writes them. The headers go out before it runs.</summary>
    Writes,

    /// <summary>It returns them. The headers go out when it has returned, before the first event.</summary>
    Yields,

    /// <summary>It returns a result, which may be an error: the headers go out with the result.</summary>
    Results,
}
