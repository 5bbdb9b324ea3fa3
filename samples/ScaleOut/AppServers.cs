using SseKit;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.LoadBalancing;

namespace ScaleOut;

/// <summary>The two app servers. The proxy's configuration names those that run.</summary>
internal sealed class AppServers : IHostedService
{
    public const string Topic = "servers";

    private static readonly RouteConfig[] Feed = [new() { RouteId = "feed", ClusterId = "app", Match = new RouteMatch { Path = "/feed" } }];

    private readonly Lock _gate = new();
    private readonly AppServerProcess[] _servers;
    private readonly ISsePublisher _publisher;

    public AppServers(StoreServer store, ISsePublisher publisher)
    {
        _publisher = publisher;
        _servers = [new("one", store, Changed), new("two", store, Changed)];
    }

    public InMemoryConfigProvider Routes { get; } = new(Feed, [ClusterOf([])]);

    /// <summary>The addresses of the servers that run.</summary>
    public string[] Addresses => [.. _servers.Select(server => server.Address).OfType<string>()];

    public AppServerProcess? Find(string name) => Array.Find(_servers, server => server.Name == name);

    public Task StartAsync(CancellationToken cancellationToken) => Task.WhenAll(_servers.Select(server => server.StartAsync()));

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_servers.Select(server => server.StopAsync()));

    private void Changed()
    {
        lock (_gate)
        {
            Routes.Update(Feed, [ClusterOf(Addresses)]);
        }

        var state = _servers.Select(server => new { server.Name, Runs = server.Address is not null });
        _ = _publisher.PublishAsync(Topic, state.ToArray()).AsTask();
    }

    private static ClusterConfig ClusterOf(string[] addresses) => new()
    {
        ClusterId = "app",
        LoadBalancingPolicy = LoadBalancingPolicies.LeastRequests,
        Destinations = addresses.ToDictionary(address => address, address => new DestinationConfig { Address = address }),
    };
}
