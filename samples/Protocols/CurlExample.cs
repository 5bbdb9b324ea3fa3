namespace Protocols;

/// <summary>A request to an endpoint, for the overview.</summary>
internal sealed record CurlExample(string Path, string? Body = null, string Options = "-N")
{
    public string At(string address)
    {
        string url = Path.Contains('?') ? $"'{address}{Path}'" : address + Path;
        return Body is null ? $"curl {Options} {url}" : $"curl {Options} {url} \\\n  --json '{Body}'";
    }
}

internal static class CurlExampleExtensions
{
    public static RouteHandlerBuilder WithCurl(
        this RouteHandlerBuilder endpoint, string path, string? body = null, string options = "-N") =>
        endpoint.WithMetadata(new CurlExample(path, body, options));
}
