using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace Protocols;

/// <summary>
/// The page at <c>/</c>: all endpoints by protocol, with a line for curl. It is made of the endpoints themselves, so none is missing. A
/// client that does not ask for HTML gets the lines alone.
/// </summary>
internal static class Overview
{
    private const string Head = """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>SseKit protocols</title>
        <link rel="icon" href="data:">
        <style>
          :root { --line: light-dark(#e2e4df, #2c3134); --muted: light-dark(#5d6366, #9ba3a8); --accent: light-dark(#0d6b58, #57cbb0); }
          body { max-width: 54rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; background: light-dark(#fbfbf9, #121415);
            color: light-dark(#1b1d1e, #e8eaea); font: 1rem/1.6 system-ui, sans-serif; }
          h1 { margin: 0; font-size: 1.5rem; }
          h2 { margin: 2rem 0 .4rem; font-size: 1.0625rem; }
          p { margin: .25rem 0; color: var(--muted); }
          ul { margin: 0; padding: 0; list-style: none; }
          code, pre { font: .8125rem/1.6 ui-monospace, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
          b { color: var(--accent); }
          pre { margin: .25rem 0 .75rem; padding: .6rem .9rem; border: 1px solid var(--line); border-radius: .6rem;
            background: light-dark(#fff, #1b1e20); white-space: pre-wrap; user-select: all; }
        </style>
        <h1>SseKit protocols</h1>
        <p>A scripted model answers, without a key. Click a command to select it.</p>
        <p>In the prompt, <code>/fail</code> breaks the model, <code>/cut</code> resets the connection, and <code>/silent</code> pauses for
          40 seconds.</p>

        """;

    public static void MapOverview(this IEndpointRouteBuilder app) => app.MapGet("/", Show).ExcludeFromDescription();

    private static ContentHttpResult Show(HttpRequest request, EndpointDataSource endpoints)
    {
        string address = $"{request.Scheme}://{request.Host}";
        ILookup<string, RouteEndpoint> protocols = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<ITagsMetadata>() is not null && Method(endpoint) != HttpMethods.Head)
            .ToLookup(static endpoint => endpoint.Metadata.GetRequiredMetadata<ITagsMetadata>().Tags[0]);
        if (request.GetTypedHeaders().Accept.Any(static type => type.MediaType == "text/html"))
        {
            string sections = string.Concat(protocols.Select(protocol => Section(protocol, address)));
            return TypedResults.Content(Head + sections, "text/html; charset=utf-8");
        }

        IEnumerable<CurlExample> examples = protocols.SelectMany(static protocol => protocol).Select(Example).OfType<CurlExample>();
        return TypedResults.Text(string.Concat(examples.Select(example => $"{example.At(address)}\n")));
    }

    private static string Section(IGrouping<string, RouteEndpoint> protocol, string address) =>
        $"<h2>{Encode(protocol.Key)}</h2>\n<ul>\n{string.Concat(protocol.Select(endpoint => Item(endpoint, address)))}</ul>\n";

    private static string Item(RouteEndpoint endpoint, string address)
    {
        string curl = Example(endpoint) is { } example ? $"<pre>{Encode(example.At(address))}</pre>" : "";
        return $"<li><code><b>{Method(endpoint)}</b> {Encode(endpoint.RoutePattern.RawText!)}</code>{curl}\n";
    }

    private static string Method(RouteEndpoint endpoint) => endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods[0];

    private static CurlExample? Example(Endpoint endpoint) => endpoint.Metadata.GetMetadata<CurlExample>();

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
