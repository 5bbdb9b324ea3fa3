using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.ClientTests.Infrastructure.Matrix;

/// <summary>Every client reads from every kind of endpoint, all at once and once for all tests.</summary>
public sealed class ClientMatrix : IAsyncLifetime, IAsyncDisposable
{
    private readonly LogCapture _logs = new();
    private readonly ConcurrentDictionary<string, int> _requests = new();
    private readonly ConcurrentDictionary<string, MatrixOutcome> _outcomes = new();
    private KestrelApp? _app;
    private MeterReadings? _readings;

    /// <summary>The time before each event.</summary>
    public static TimeSpan Silence => TimeSpan.FromMilliseconds(1100);

    private static TimeSpan Heartbeat => TimeSpan.FromMilliseconds(400);

    /// <summary>The number of requests of a client to an endpoint.</summary>
    public int RequestsOf(string client, string endpoint) => _requests.GetValueOrDefault($"{client} {endpoint}");

    /// <summary>The number of heartbeats on all streams.</summary>
    public double Heartbeats => _readings!.Sum("ssekit.heartbeats_sent");

    internal static string[] EndpointsOf(MatrixClient client) =>
        [.. client.Methods.SelectMany(static method => MatrixEndpoints.Kinds.Select(kind => $"{method} {kind}"))];

    internal MatrixOutcome OutcomeOf(string client, string endpoint) => _outcomes[$"{client} {endpoint}"];

    public async Task InitializeAsync()
    {
        if (NodeClients.ReasonToSkip is not null)
        {
            return;
        }

        _app = await KestrelApp.StartAsync(_logs, Configure, static builder =>
        {
            builder.Services.AddSse(static options => options.HeartbeatInterval = Heartbeat);
            builder.Services.AddSingleton<MatrixTopics>();
        });
        _readings = new MeterReadings(_app.Services, "SseKit");
        await Task.WhenAll(MatrixClient.All.Select(client => client.IsOfDotnet ? ReadInProcessAsync(client) : ReadInNodeAsync(client)));
        await _app.Services.GetRequiredService<MatrixTopics>().Published;
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            _readings!.Dispose();
            await _app.DisposeAsync();
            _logs.AssertNoUnexpectedErrors();
        }
    }

    private void Configure(WebApplication app)
    {
        app.Use((context, next) =>
        {
            string[] path = context.Request.Path.Value!.Split('/');
            _requests.AddOrUpdate($"{path[1]} {context.Request.Method} {path[2]}", 1, static (_, count) => count + 1);
            return next(context);
        });
        app.UseSse();
        foreach (MatrixClient client in MatrixClient.All)
        {
            app.MapMatrix(client);
        }
    }

    private async Task ReadInNodeAsync(MatrixClient client)
    {
        ClientReport report = await NodeClients.RunAsync("matrix", _app!.BaseAddress, [client.Name, .. EndpointsOf(client)]);
        foreach ((string endpoint, MatrixOutcome outcome) in MatrixOutcome.AllOf(report))
        {
            _outcomes[$"{client.Name} {endpoint}"] = outcome;
        }
    }

    private Task ReadInProcessAsync(MatrixClient client) => Task.WhenAll(EndpointsOf(client).Select(async endpoint =>
    {
        string[] parts = endpoint.Split(' ');
        var address = new Uri(_app!.BaseAddress, $"{client.Name}/{parts[1]}");
        _outcomes[$"{client.Name} {endpoint}"] = await DotnetClients.ReadAsync(client.Name, new HttpMethod(parts[0]), address);
    }));
}
