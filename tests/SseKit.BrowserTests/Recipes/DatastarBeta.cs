namespace SseKit.BrowserTests.Recipes;

/// <summary>
/// Runs a page for Datastar 1.0 with 1.0.0-beta.11, the newest version on npm. Between them, names of attributes and events have changed;
/// this translates them.
/// </summary>
internal static class DatastarBeta
{
    private const string Bundle = "https://cdn.jsdelivr.net/gh/starfederation/datastar@1.0.0/bundles/datastar.js";

    private const string Events = """
        <script>
          document.addEventListener("datastar-sse", ({ detail: { type, elId, argsRaw } }) => {
            if (type === "datastar-patch-elements") {
              document.dispatchEvent(new CustomEvent("datastar-sse", { detail: {
                type: "datastar-merge-fragments",
                elId,
                argsRaw: { selector: argsRaw.selector, mergeMode: argsRaw.mode, fragments: argsRaw.elements } } }));
            }
          });
        </script>
        """;

    public static string Replace(string page) => page.Contains(Bundle, StringComparison.Ordinal)
        ? Events + page.Replace(Bundle, "/lib/@starfederation/datastar/dist/datastar.js", StringComparison.Ordinal)
            .Replace("data-init=", "data-on-load=", StringComparison.Ordinal)
        : page;
}
