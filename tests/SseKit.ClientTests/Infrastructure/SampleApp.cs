using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.Logging;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// An unchanged sample on a real Kestrel, with short times: heartbeats every 20 ms, which is shorter than the model's pace, and clients
/// that reconnect at once.
/// </summary>
/// <typeparam name="TMarker">Any type of the sample.</typeparam>
public abstract class SampleApp<TMarker> : WebApplicationFactory<TMarker>, IAsyncLifetime
    where TMarker : class
{
    private readonly LogCapture _logs = new();
    private readonly List<CuttingProxy> _proxies = [];

    /// <summary>Its address, with a slash at the end.</summary>
    public Uri Address => ClientOptions.BaseAddress;

    /// <summary>A proxy to it that cuts a connection once, after this text.</summary>
    public CuttingProxy CutAfter(string text)
    {
        CuttingProxy proxy = CuttingProxy.Start(Address, text);
        _proxies.Add(proxy);
        return proxy;
    }

    /// <summary>A client of the real server, not of a TestServer.</summary>
    public HttpClient CreateHttpClient() => new() { BaseAddress = Address, Timeout = TestTimeout.Limit };

    public Task InitializeAsync()
    {
        UseKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        StartServer();
        return Task.CompletedTask;
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public override async ValueTask DisposeAsync()
    {
        foreach (CuttingProxy proxy in _proxies)
        {
            await proxy.DisposeAsync();
        }

        await base.DisposeAsync();
        GC.SuppressFinalize(this);
        _logs.AssertNoUnexpectedErrors();
    }

    /// <summary>Whether an error in the log belongs to the tests.</summary>
    protected virtual bool IsExpected(LogRecord record) => false;

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        _logs.ExpectError(IsExpected);

        // Configuration files are not watched: tests start many applications, and the kernel's watches are few.
        builder.UseSetting("hostBuilder:reloadConfigOnChange", "false");
        builder.UseSetting("SseKit:HeartbeatInterval", "00:00:00.020");
        builder.UseSetting("SseKit:Retry", "00:00:00.020");
        builder.UseSetting("Model:Pace", "00:00:00.030");
        builder.UseSetting("Model:Silence", "00:00:00.200");
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(_logs));
    }
}
