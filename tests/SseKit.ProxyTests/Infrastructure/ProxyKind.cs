namespace SseKit.ProxyTests.Infrastructure;

public enum ProxyKind
{
    Nginx,
    Apache,
    HAProxy,
    Caddy,
}
