namespace SseKit.ProxyTests.Infrastructure;

internal static class ApacheConfiguration
{
    // The folder on Debian and its derivatives.
    private const string Modules = "/usr/lib/apache2/modules";

    /// <summary><c>ProxyPass</c> alone. The rest is the minimum that Apache needs to start, in the test's folder.</summary>
    public static string Text(string folder, int port, Uri upstream, ProxySettings settings) =>
        $"""
        ServerRoot {folder}
        DefaultRuntimeDir {folder}
        PidFile {folder}/apache.pid
        ErrorLog /dev/stderr
        ServerName localhost
        Listen 127.0.0.1:{port}
        LoadModule mpm_event_module {Modules}/mod_mpm_event.so
        LoadModule authz_core_module {Modules}/mod_authz_core.so
        LoadModule proxy_module {Modules}/mod_proxy.so
        LoadModule proxy_http_module {Modules}/mod_proxy_http.so
        {(Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : "")}
        {(settings.Compress ? $"LoadModule deflate_module {Modules}/mod_deflate.so\nSetOutputFilter DEFLATE" : "")}
        {(settings.IdleTimeout is { } seconds ? $"ProxyTimeout {seconds}" : "")}
        ProxyPass / {upstream}

        """;
}
