extern alias Recipes;

using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Recipes::Recipes;
using SseKit.BrowserTests.Infrastructure;

namespace SseKit.BrowserTests.Recipes;

/// <summary>A test of a recipe's page, on a server that is stopped and started on its port.</summary>
[Collection(ChromiumCollection.Name)]
public abstract class RecipeTest(Chromium chromium) : ServerTest
{
    // The list of a page.
    protected const string Orders = "#orders li";

    private const string Control = "/control";

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(50);

    private readonly int _port = LoopbackPort.Take();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ssekit-recipes-");
    private readonly List<IPage> _pages = [];
    private int _streams;
    private int _controls;
    private volatile TaskCompletionSource? _gate;
    private KestrelApp? _app;

    /// <summary>The number of requests for streams of the recipe, on all servers.</summary>
    protected int Streams => Volatile.Read(ref _streams);

    protected ISseConnections Connections => _app!.Services.GetRequiredService<ISseConnections>();

    protected ISsePublisher Publisher => _app!.Services.GetRequiredService<ISsePublisher>();

    private Uri Address => new($"http://127.0.0.1:{_port}");

    public override async Task DisposeAsync()
    {
        foreach (IPage page in _pages)
        {
            await page.Context.CloseAsync();
        }

        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>Starts the server of a recipe. Its events are on disk, so that the next server has them too.</summary>
    /// <param name="name">The recipe.</param>
    /// <param name="before">Middleware that runs first.</param>
    protected async Task StartAsync(string name, Action<WebApplication>? before = null)
    {
        Recipe recipe = RecipeList.Find(name)!;
        _app = await StartAsync(
            app =>
            {
                app.Use(CountAsync);
                before?.Invoke(app);
                app.MapPages();
                app.MapSse(Control, (SseEventWriter _) => Task.CompletedTask);
                recipe.Map(app);
            },
            builder =>
            {
                builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port));
                builder.Environment.WebRootFileProvider = RecipeFiles.Provider;
                recipe.Add(builder);
                builder.Services.AddSse(options => options.Retry = options.ShutdownRetry = Soon)
                    .AddSqliteEventStore(Path.Combine(_folder.FullName, "events.db"));
            });
    }

    /// <summary>Stops the server, and starts one on the same port.</summary>
    protected async Task RestartAsync(string name)
    {
        await _app!.StopAsync().OrTimeout();
        await StartAsync(name);
    }

    protected async Task<IPage> OpenPageAsync(string path)
    {
        IPage page = await chromium.OpenPageAsync(new Uri(Address, path));
        _pages.Add(page);
        return page;
    }

    /// <summary>Posts to an endpoint of the recipe.</summary>
    protected async Task PostAsync(string path, object? body = null)
    {
        using var client = new HttpClient { BaseAddress = Address };
        using HttpResponseMessage response = await client.PostAsJsonAsync(path, body).OrTimeout();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
    }

    protected Task OrderAsync(string name, string item) => PostAsync($"/{name}/orders", new { item });

    /// <summary>Delays requests for streams until an action is complete, so that its events are published without a connection.</summary>
    protected async Task WithoutStreamsAsync(Func<Task> action)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _gate = gate;
        await action();
        _gate = null;
        gate.SetResult();
    }

    /// <summary>Breaks all connections.</summary>
    protected void Disconnect() => Assert.True(Connections.Disconnect(_ => true) > 0);

    protected static Task ExpectAsync(IPage page, string locator, params string[] texts) =>
        Assertions.Expect(page.Locator(locator)).ToHaveTextAsync(texts);

    protected static Task ExpectStateAsync(IPage page, string locator, string state) =>
        Assertions.Expect(page.Locator(locator)).ToHaveAttributeAsync("data-state", state);

    /// <summary>Returns when a client that returns after every end has made twenty requests, which is longer than any page waits.</summary>
    protected async Task WaitForControlAsync(IPage page)
    {
        await page.EvaluateAsync("url => { window.control = new EventSource(url); }", Control);
        int before = Volatile.Read(ref _controls);
        await TestTimeout.UntilAsync(() => Volatile.Read(ref _controls) >= before + 20);
        await page.EvaluateAsync("control.close()");
    }

    private async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path == Control)
        {
            Interlocked.Increment(ref _controls);
        }
        else if (context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref _streams);
            await (_gate?.Task ?? Task.CompletedTask);
        }

        await next(context);
    }
}
