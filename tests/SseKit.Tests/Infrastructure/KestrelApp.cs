using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A web application on a real Kestrel that listens on the loopback: one port for HTTP/1.1, one for HTTP/2 without TLS. A TestServer has no
/// shutdown, disconnects and bytes on the wire as event streams need them.
/// </summary>
public sealed class KestrelApp : IAsyncDisposable
{
    private readonly ListenOptions _http1;
    private readonly ListenOptions _http2;
    private readonly List<IDisposable> _clients = [];
    private bool _stopped;

    private KestrelApp(WebApplication application, ListenOptions http1, ListenOptions http2)
    {
        Application = application;
        _http1 = http1;
        _http2 = http2;
    }

    public WebApplication Application { get; }

    public IServiceProvider Services => Application.Services;

    public Uri BaseAddress => AddressOf(_http1);

    public Uri Http2BaseAddress => AddressOf(_http2);

    public static async Task<KestrelApp> StartAsync(
        LogCapture logs, Action<WebApplication> endpoints, Action<WebApplicationBuilder>? services = null)
    {
        // Configuration files are not watched: tests start many applications, and the kernel's watches are few.
        WebApplicationBuilder builder = WebApplication.CreateBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders().AddProvider(logs).SetMinimumLevel(LogLevel.Debug);
        ListenOptions? http1 = null;
        ListenOptions? http2 = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => (http1 = listen).Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, 0, listen => (http2 = listen).Protocols = HttpProtocols.Http2);
        });
        services?.Invoke(builder);

        WebApplication application = builder.Build();
        try
        {
            endpoints(application);
            await application.StartAsync();
        }
        catch
        {
            // A test that expects a start to fail has nothing to dispose.
            await application.DisposeAsync();
            throw;
        }

        return new KestrelApp(application, http1!, http2!);
    }

    /// <summary>A client that speaks HTTP/1.1.</summary>
    public HttpClient CreateClient() => CreateClient(BaseAddress, HttpVersion.Version11);

    /// <summary>A client that speaks HTTP/2 without TLS.</summary>
    /// <param name="handler">How it connects; null for plain sockets.</param>
    public HttpClient CreateHttp2Client(SocketsHttpHandler? handler = null) =>
        CreateClient(Http2BaseAddress, HttpVersion.Version20, handler);

    /// <summary>A bare connection for tests of bytes and of resets.</summary>
    /// <param name="receiveBuffer">The kernel's receive buffer for a client that does not read; null for its default.</param>
    /// <param name="readTimeout">Bounds each read; null for the limit of all tests.</param>
    public async Task<RawConnection> ConnectAsync(int? receiveBuffer = null, TimeSpan? readTimeout = null)
    {
        RawConnection connection = await RawConnection.ConnectAsync(_http1.IPEndPoint!, receiveBuffer, readTimeout);
        Keep(connection);
        return connection;
    }

    /// <summary>Stops the application as its host would, within the host's own shutdown timeout.</summary>
    public async Task StopAsync()
    {
        _stopped = true;
        await Application.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // Clients are disposed first, because an open stream of a failed test would delay the shutdown.
        foreach (IDisposable client in _clients)
        {
            client.Dispose();
        }

        if (!_stopped)
        {
            await StopAsync();
        }

        await Application.DisposeAsync();
    }

    private static Uri AddressOf(ListenOptions listen) => new($"http://{listen.IPEndPoint}");

    private HttpClient CreateClient(Uri address, Version version, SocketsHttpHandler? handler = null)
    {
        // Without draining, a client that disposes its response disconnects at once.
        handler ??= new SocketsHttpHandler
        {
            UseCookies = false,
            UseProxy = false,
            AllowAutoRedirect = false,
            ResponseDrainTimeout = TimeSpan.Zero,
        };
        var client = new HttpClient(new HoldingHandler(handler))
        {
            BaseAddress = address,
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = TestTimeout.Limit,
        };
        Keep(client);
        return client;
    }

    private void Keep(IDisposable client)
    {
        lock (_clients)
        {
            _clients.Add(client);
        }
    }

    // An unreferenced response is collected as garbage and its connection closed, which the server would take for a disconnect in the
    // middle of a test.
    private sealed class HoldingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        private readonly ConcurrentQueue<HttpResponseMessage> _responses = new();

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
            _responses.Enqueue(response);
            return response;
        }
    }
}
