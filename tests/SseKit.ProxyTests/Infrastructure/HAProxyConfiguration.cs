namespace SseKit.ProxyTests.Infrastructure;

internal static class HAProxyConfiguration
{
    /// <summary>The timeouts of HAProxy's own examples, and <c>http-no-delay</c>, without which each event waits some 200 ms.</summary>
    public static string Text(int port, Uri upstream, ProxySettings settings) =>
        $"""
        defaults
            mode http
            option http-no-delay
            timeout connect 5s
            timeout client {settings.IdleTimeout ?? 60}s
            timeout server {settings.IdleTimeout ?? 60}s
            {(settings.Compress ? "compression algo gzip\n    compression type text/event-stream" : "")}
        frontend clients
            bind 127.0.0.1:{port}
            default_backend app
        backend app
            server app {upstream.Authority}

        """;
}
