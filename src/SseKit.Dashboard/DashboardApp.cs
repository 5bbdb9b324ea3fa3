using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SseKit.Dashboard.Measuring;
using SseKit.Dashboard.Snapshots;

namespace SseKit.Dashboard;

/// <summary>Holds what the dashboards of one app share. Thread-safe.</summary>
internal sealed class DashboardApp
{
    private static readonly ConditionalWeakTable<ISseConnections, DashboardApp> ByApp = [];

    private readonly ConcurrentDictionary<string, bool> _routes = new();

    private DashboardApp(ISseConnections connections, IServiceProvider services)
    {
        Connections = connections;
        Publisher = services.GetRequiredService<ISsePublisher>();
        Store = services.GetRequiredService<ISseEventStore>();
        Time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        Logger = services.GetService<ILoggerFactory>()?.CreateLogger("SseKit.Dashboard") ?? NullLogger.Instance;
        var meter = new AppMeter(services.GetService<IMeterFactory>());
        var counts = new RouteCounters(meter, IsOwnRoute, Time);
        Snapshots = new SnapshotFeed(
            new SnapshotSource(this, services.GetRequiredService<ISseRuns>(), counts, new TopicStates(Store, Time, Logger)),
            () => new RateMeter(meter, Time),
            Time,
            Logger);
        Name = (services.GetService<IWebHostEnvironment>() ?? services.GetService<IHostEnvironment>())?.ApplicationName ?? "";

        // A listener is in a list of the process, and would keep an app in memory that is never started or has stopped.
        if (services.GetService<IHostApplicationLifetime>() is { } lifetime)
        {
            lifetime.ApplicationStarted.UnsafeRegister(static counts => ((RouteCounters)counts!).Start(), counts);
            lifetime.ApplicationStopped.UnsafeRegister(static counts => ((RouteCounters)counts!).Dispose(), counts);
        }
        else
        {
            counts.Start();
        }
    }

    public string Name { get; }

    public ISseConnections Connections { get; }

    public ISsePublisher Publisher { get; }

    public ISseEventStore Store { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public SnapshotFeed Snapshots { get; }

    public static DashboardApp Of(IServiceProvider services)
    {
        ISseConnections connections = services.GetService<ISseConnections>()
            ?? throw new InvalidOperationException("The dashboard needs the SseKit services. Call builder.Services.AddSse() first.");
        return ByApp.GetValue(connections, key => new DashboardApp(key, services));
    }

    /// <summary>Records the route of a dashboard's own streams, which are not counted as the app's.</summary>
    public void AddOwnRoute(string route) => _routes[route] = true;

    public bool IsOwnRoute(string? route) => route is not null && _routes.ContainsKey(route);
}
