namespace SseKit.ProxyTests.Infrastructure;

internal static class CaddyConfiguration
{
    /// <summary>
    /// <c>reverse_proxy</c> alone. The rest prevents requests for certificates and an admin port.
    /// </summary>
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
