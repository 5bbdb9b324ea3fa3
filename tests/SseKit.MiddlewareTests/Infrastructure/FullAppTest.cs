using System.Net;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.Extensions.Logging;
using SseKit.MiddlewareTests.App;

namespace SseKit.MiddlewareTests.Infrastructure;

/// <summary>A test of the app with all middlewares. An unexpected Warning or Error in the log fails it.</summary>
public abstract class FullAppTest(bool useSseIsFirst = false) : ServerTest
{
    private readonly TemporaryDirectory _directory = new();
    private KestrelApp? _server;

    protected KestrelApp Server => _server ?? throw new InvalidOperationException("The app has not started.");

    protected Script Script { get; } = new();

    public override async Task InitializeAsync()
    {
        var app = new FullApp(useSseIsFirst, Script, _directory.Path);
        KestrelApp upstream = await StartAsync(Streams.Map, app.AddStreams);
        _server = await StartAsync(app.Configure, builder => app.AddServices(builder, upstream.BaseAddress));
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
        LogRecord[] warnings =
            [.. Logs.Records.Where(record => record.Level == LogLevel.Warning && !IsOfTimeout(record) && !IsOfNewKey(record))];
        Assert.True(warnings.Length == 0, $"The application logged warnings:\n{string.Join('\n', (object[])warnings)}");
    }

    protected HttpClient ClientOf(int httpVersion) => httpVersion == 1 ? Server.CreateClient() : Server.CreateHttp2Client();

    /// <summary>Sends requests whose responses are no streams: an endpoint, the page of Razor components, the health check.</summary>
    protected static async Task AssertOrdinaryAsync(HttpClient http)
    {
        foreach ((string path, string type, string body) in ((string, string, string)[])
            [("/ordinary", "text/plain", "ordinary"), ("/page", "text/html", "loaded"), ("/health", "text/plain", "Healthy")])
        {
            using HttpResponseMessage response = await http.GetAsync("/base" + path).OrTimeout();
            string text = await response.Content.ReadAsStringAsync().OrTimeout();

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(type, response.Content.Headers.ContentType?.MediaType);
            Assert.Contains(body, text, StringComparison.Ordinal);
            Assert.False(response.Headers.Contains("X-Accel-Buffering"));
        }
    }

    protected static async Task<string> SignInAsync(HttpClient http)
    {
        using HttpResponseMessage response = await http.GetAsync("/sign-in");
        return response.Headers.GetValues("Set-Cookie").Single(IsSignIn).Split(';')[0];
    }

    protected static bool IsSignIn(string setCookie) => setCookie.StartsWith(".AspNetCore.Cookies=", StringComparison.Ordinal);

    /// <summary>Whether the record is of the ordinary request that shows that the default timeout policy works.</summary>
    protected static bool IsOfTimeout(LogRecord record) =>
        record.Category == typeof(RequestTimeoutAttribute).Namespace + ".RequestTimeoutsMiddleware"
        || record.Message.Contains("\"/timeout\" responded 504", StringComparison.Ordinal);

    // The first app with data protection on a machine creates the key ring.
    private static bool IsOfNewKey(LogRecord record) => record.Category == typeof(XmlKeyManager).FullName;
}
