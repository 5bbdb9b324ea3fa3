namespace SseKit.ProxyTests.Infrastructure;

internal static class NginxConfiguration
{
    private const string Compression =
        "gzip on; gzip_proxied any; gzip_http_version 1.0; gzip_min_length 0; gzip_types text/event-stream;";

    /// <summary>
    /// <c>proxy_pass</c> alone, as in most configurations: HTTP/1.0 to the app, buffering on. The rest confines nginx to the test's folder.
    /// nginx caches only buffered responses, so in tests of the cache it ignores the app's header against buffering.
    /// </summary>
    public static string Text(string folder, int port, Uri upstream, ProxySettings settings) =>
        $$"""
        daemon off;
        {{(Environment.IsPrivilegedProcess ? "user root;" : "")}}
        worker_processes 1;
        pid {{folder}}/nginx.pid;
        error_log stderr notice;
        events { }
        http {
            access_log off;
            client_body_temp_path {{folder}}/body;
            proxy_temp_path {{folder}}/proxy;
            fastcgi_temp_path {{folder}}/fastcgi;
            uwsgi_temp_path {{folder}}/uwsgi;
            scgi_temp_path {{folder}}/scgi;
            {{(settings.Compress ? Compression : "")}}
            {{(settings.Cache ? $"proxy_cache_path {folder}/cache keys_zone=responses:1m;" : "")}}
            server {
                listen 127.0.0.1:{{port}};
                location / {
                    proxy_pass {{upstream.GetLeftPart(UriPartial.Authority)}};
                    {{(settings.IdleTimeout is { } seconds ? $"proxy_read_timeout {seconds}s;" : "")}}
                    {{(settings.Cache ? "proxy_cache responses; proxy_cache_valid any 10m; proxy_ignore_headers X-Accel-Buffering;" : "")}}
                }
            }
        }
        """;
}
