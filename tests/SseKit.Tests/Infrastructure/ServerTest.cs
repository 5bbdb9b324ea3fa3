using Microsoft.AspNetCore.Builder;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A test with its own applications. They stop when the test ends, and an unexpected Error in their logs fails it: disconnects, shutdown
/// and broken pipes are no errors (I7).
/// </summary>
public abstract class ServerTest : IAsyncLifetime
{
    private readonly List<KestrelApp> _apps = [];

    protected LogCapture Logs { get; } = new();

    public virtual Task InitializeAsync() => Task.CompletedTask;

    public virtual async Task DisposeAsync()
    {
        foreach (KestrelApp app in _apps)
        {
            await app.DisposeAsync();
        }

        Logs.AssertNoUnexpectedErrors();
    }

    /// <summary>Starts an application on Kestrel, which stops when the test ends.</summary>
    /// <param name="endpoints">Middleware and endpoints.</param>
    /// <param name="services">Configures the builder: services, options, the clock.</param>
    protected async Task<KestrelApp> StartAsync(Action<WebApplication> endpoints, Action<WebApplicationBuilder>? services = null)
    {
        KestrelApp app = await KestrelApp.StartAsync(Logs, endpoints, services);
        _apps.Add(app);
        return app;
    }
}
