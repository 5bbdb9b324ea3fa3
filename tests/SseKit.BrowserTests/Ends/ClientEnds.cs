using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using SseKit.BrowserTests.Firefox;
using SseKit.BrowserTests.Infrastructure;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.BrowserTests.Ends;

/// <summary>Every client meets every end, all at once and once for all tests.</summary>
public sealed class ClientEnds(Chromium chromium) : IAsyncLifetime, IAsyncDisposable
{
    // A client that returns after every end, and the number of its requests after which another client will not return any more. The
    // longest pause before a request of any client, measured, is a quarter of that time.
    private const string Control = "eventsource";
    private const int Proof = 12;

    private readonly int _port = LoopbackPort.Take();
    private readonly List<IPage> _pages = [];
    private readonly List<FirefoxProcess> _browsers = [];
    private bool _done;
    private KestrelApp? _app;

    internal StreamEnds Ends { get; } = new();

    private LogCapture Logs { get; } = new();

    private Uri Address => new($"http://127.0.0.1:{_port}");

    public async Task InitializeAsync()
    {
        if (ClientTheoryAttribute.ReasonToSkip is not null)
        {
            return;
        }

        await StartAsync();
        Task<ClientReport[]> scripts = Task.WhenAll(
            EndsClient.All.Where(static client => client.Runs == EndsClient.Host.Node).Select(RunInNodeAsync));
        foreach (EndsClient client in EndsClient.All)
        {
            await OpenAsync(client);
        }

        await TestTimeout.UntilAsync(() => EndsClient.All.All(HasMetAll), FirefoxProcess.Limit);
        await ProveAsync();
        await _app!.DisposeAsync();
        await StartAsync();
        await ProveAsync();
        await AwaitReturnsAsync();
        _done = true;
        await CloseAsync();
        Assert.All(await scripts.OrTimeout(), static report => Assert.Null(report.Error));
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        _done = true;
        if (_app is not null)
        {
            await CloseAsync();
            await _app.DisposeAsync();
            Logs.AssertNoUnexpectedErrors();
        }
    }

    // The second server has the port of the first, and its own complete topic.
    private async Task StartAsync()
    {
        _app = await KestrelApp.StartAsync(Logs, Map, builder =>
        {
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, _port));
            builder.Services.AddSse();
        });
        await StreamEnds.PublishAsync(_app.Services);
    }

    private async Task ProveAsync()
    {
        EndsClient control = EndsClient.Named(Control);
        int before = Ends.RequestsOf(control, "complete");
        await TestTimeout.UntilAsync(() => Ends.RequestsOf(control, "complete") >= before + Proof);
    }

    private void Map(WebApplication app)
    {
        app.MapNodePackages();
        app.MapGet("/ends/{client}/page", static (string client) =>
            TypedResults.PhysicalFile(NodeClients.PathOf($"ends/{EndsClient.Named(client).Script}.html"), "text/html"));
        app.MapGet("/done", () => _done);
        Ends.Map(app);
    }

    private bool HasMetAll(EndsClient client) => StreamEnds.Names.All(end => HasMet(client, end));

    // A client that returns after the connection before an end meets the end itself with a later request.
    private bool HasMet(EndsClient client, string end)
    {
        int before = Ends.RequestsBefore(client, end);
        bool returns = ClientTable.Cells[(client.Title, end == "topic" ? "complete" : "broken")] != StreamEnds.Stops;
        return Ends.RequestsOf(client, end) >= (returns ? before : 1);
    }

    // On a busy machine a client can return later than the control. If it does not return at all, its own test fails.
    private async Task AwaitReturnsAsync()
    {
        using var limit = new CancellationTokenSource(TestTimeout.Limit);
        while (!limit.IsCancellationRequested && !EndsClient.All.All(client => StreamEnds.Names.All(end => HasReturned(client, end))))
        {
            await Task.Delay(10);
        }
    }

    private bool HasReturned(EndsClient client, string end) =>
        ClientTable.Cells[(client.Title, end)] is var expected && (expected == StreamEnds.Stops || Ends.Observe(client, end) == expected);

    private Task<ClientReport> RunInNodeAsync(EndsClient client) =>
        NodeClients.RunAsync("ends", Address, [client.Script, .. StreamEnds.Names]);

    private async Task OpenAsync(EndsClient client)
    {
        var page = new Uri(Address, $"ends/{client.Name}/page");
        if (client.Runs == EndsClient.Host.Chromium)
        {
            _pages.Add(await chromium.OpenPageAsync(page));
        }
        else if (client.Runs == EndsClient.Host.Firefox)
        {
            _browsers.Add(new FirefoxProcess(page));
        }
    }

    private async Task CloseAsync()
    {
        foreach (IPage page in _pages)
        {
            await page.Context.CloseAsync();
        }

        _pages.Clear();
        _browsers.ForEach(static browser => browser.Dispose());
        _browsers.Clear();
    }
}
