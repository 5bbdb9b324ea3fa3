using System.Net.Mime;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace SseKit.Dashboard.Page;

/// <summary>Serves the page with its scripts and its style, all below the mapped path.</summary>
internal static class DashboardPage
{
    public const string Script = "dashboard.js";
    public const string Table = "dashboard-table.js";
    public const string Style = "dashboard.css";

    // Scripts and styles are files of the dashboard, so that a stricter policy of a proxy before the app does not block them.
    private const string SecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        + "base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

    private const string BaseMark = "{{base}}";

    private static readonly string Html = Encoding.UTF8.GetString(Read("dashboard.html"));
    private static readonly byte[] ScriptBytes = Read(Script);
    private static readonly byte[] TableBytes = Read(Table);
    private static readonly byte[] StyleBytes = Read(Style);

    public static Task InvokeAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = SecurityPolicy;
        context.Response.Headers["Referrer-Policy"] = "no-referrer";
        string html = Html.Replace(BaseMark, HtmlEncoder.Default.Encode(BaseOf(context.Request)), StringComparison.Ordinal);
        return WriteAsync(context, MediaTypeNames.Text.Html, Encoding.UTF8.GetBytes(html));
    }

    public static Task InvokeScriptAsync(HttpContext context) => WriteAsync(context, MediaTypeNames.Text.JavaScript, ScriptBytes);

    public static Task InvokeTableAsync(HttpContext context) => WriteAsync(context, MediaTypeNames.Text.JavaScript, TableBytes);

    public static Task InvokeStyleAsync(HttpContext context) => WriteAsync(context, MediaTypeNames.Text.Css, StyleBytes);

    // Relative to the page's own address, which a proxy may have prefixed. A redirect to an address with a slash at its end would loop
    // behind middleware that removes it.
    private static string BaseOf(HttpRequest request)
    {
        string path = request.PathBase.Add(request.Path).ToUriComponent();
        string name = path[(path.LastIndexOf('/') + 1)..];
        return name.Length == 0 ? "./" : $"./{name}/";
    }

    private static Task WriteAsync(HttpContext context, string mediaType, byte[] content)
    {
        HttpResponse response = context.Response;
        response.ContentType = mediaType + "; charset=utf-8";
        response.ContentLength = content.Length;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        return response.Body.WriteAsync(content, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string name)
    {
        using Stream content = typeof(DashboardPage).Assembly.GetManifestResourceStream(name)!;
        byte[] bytes = new byte[content.Length];
        content.ReadExactly(bytes);
        return bytes;
    }
}
