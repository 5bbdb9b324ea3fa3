namespace SseKit.BrowserTests.Ends;

/// <summary>A client of event streams, and the program that runs it.</summary>
/// <param name="Title">Its name in the table of the docs.</param>
/// <param name="Name">The segment of its paths.</param>
/// <param name="Runs">Where it runs.</param>
/// <param name="Script">Its page or script, without the extension.</param>
/// <param name="Package">The npm package, or null for a client of the browser.</param>
internal sealed record EndsClient(string Title, string Name, EndsClient.Host Runs, string Script, string? Package = null)
{
    /// <summary>Where a client runs.</summary>
    internal enum Host
    {
        Chromium,
        Firefox,
        Node,
    }

    public static EndsClient[] All { get; } =
    [
        new("`EventSource` in Chromium", "chromium", Host.Chromium, "eventsource"),
        new("`EventSource` in Firefox", "firefox", Host.Firefox, "eventsource"),
        InNode("eventsource"),
        InNode("eventsource-client"),
        InNode("event-source-plus"),
        new("`@microsoft/fetch-event-source`", "fetch", Host.Chromium, "fetch-event-source", "@microsoft/fetch-event-source"),
        new("htmx 2 with `htmx-ext-sse`", "htmx2", Host.Chromium, "htmx2", "htmx2"),
        new("htmx 4", "htmx4", Host.Chromium, "htmx4", "htmx.org"),
        new("Datastar", "datastar", Host.Chromium, "datastar", "@starfederation/datastar"),
        new("AI SDK, `DefaultChatTransport`", "ai-sdk", Host.Node, "ai-sdk", "ai"),
    ];

    /// <summary>Whether it never returns by itself, so that each end is that of its first request.</summary>
    public bool AsksOnce => Name == "ai-sdk";

    public static EndsClient Named(string name) => All.Single(client => client.Name == name);

    private static EndsClient InNode(string package) => new($"`{package}`", package, Host.Node, package, package);
}
