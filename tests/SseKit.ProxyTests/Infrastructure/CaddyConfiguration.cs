namespace SseKit.ProxyTests.Infrastructure;

internal static class CaddyConfiguration
{
    /// <summary><c>reverse_proxy</c> and nothing else. The rest keeps Caddy from asking for certificates and from opening its admin port.</summary>
    public static string Text(int port, Uri upstream, ProxySettings settings) =>
        $$"""
        {
            admin off
            auto_https off
        }
        http://127.0.0.1:{{port}} {
            {{(settings.Compress ? "encode gzip" : "")}}
            reverse_proxy {{upstream.Authority}} {
                {{(settings.IdleTimeout is { } seconds ? $"transport http {{\n            read_timeout {seconds}s\n        }}" : "")}}
            }
        }

        """;
}
