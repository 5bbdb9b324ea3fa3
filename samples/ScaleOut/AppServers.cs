using SseKit;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace ScaleOut;

/// <summary>The two app servers. The proxy's configuration names those that run.</summary>
internal sealed class AppServers : IHostedService, IDisposable
{
    public const string Topic = "servers";

    private static readonly RouteConfig[] Feed = [new() { RouteId = "feed", ClusterId = "app", Match = new RouteMatch { Path = "/feed" } }];

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly AppServerProcess[] _servers;
    private readonly ISsePublisher _publisher;

    public AppServers(StoreServer store, ISsePublisher publisher)
    {
        _publisher = publisher;
        _servers = [new("one", store, ChangedAsync), new("two", store, ChangedAsync)];
    }

    public InMemoryConfigProvider Routes { get; } = new(Feed, [ClusterOf([])]);

    /// <summary>The addresses of the servers that run.</summary>
    public string[] Addresses => [.. _servers.Select(server => server.Address).OfType<string>()];

    public AppServerProcess? Find(string name) => Array.Find(_servers, server => server.Name == name);

    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(_servers.Select(server => server.StartAsync()));

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_servers.Select(server => server.StopAsync()));

    public void Dispose() => _gate.Dispose();

    // One at a time and from the state of now: the last event that the pages receive shows how the servers stand.
    private async Task ChangedAsync()
    {
        await _gate.WaitAsync();
        try
        {
            Routes.Update(Feed, [ClusterOf(Addresses)]);
            var state = _servers.Select(server => new { server.Name, Runs = server.Address is not null });
            await _publisher.PublishAsync(Topic, state.ToArray());
        }
        finally
        {
            _gate.Release();
        }
    }

    private static ClusterConfig ClusterOf(string[] addresses) => new()
    {
        ClusterId = "app",
        LoadBalancingPolicy = LoadBalancingPolicies.LeastRequests,
        Destinations = addresses.ToDictionary(address => address, address => new DestinationConfig { Address = address }),
    };
}
