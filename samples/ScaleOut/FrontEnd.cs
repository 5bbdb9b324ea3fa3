using SseKit;
using Yarp.ReverseProxy.Configuration;

namespace ScaleOut;

/// <summary>The reverse proxy, the page, and the buttons that end and start the servers.</summary>
internal static class FrontEnd
{
    public static async Task RunAsync(WebApplicationBuilder builder)
    {
        StoreServer? store = await StoreServer.TryStartAsync(
            builder.Configuration["store"] ?? "sqlite", builder.Configuration["connection"]);
        if (store is null)
        {
            Environment.ExitCode = 1;
            return;
        }

        await using (store)
        {
            builder.Services.AddSse();
            builder.Services.AddSingleton(store);
            builder.Services.AddSingleton<AppServers>();
            builder.Services.AddSingleton<IProxyConfigProvider>(services => services.GetRequiredService<AppServers>().Routes);
            builder.Services.AddHostedService(services => services.GetRequiredService<AppServers>());
            builder.Services.AddHostedService<OrderTicker>();
            builder.Services.AddReverseProxy();

            await using WebApplication app = builder.Build();
            app.UseFileServer();
            app.MapSse("/servers", () => SseResults.Follow([AppServers.Topic], new SseFollowOptions { StartAt = SseReplayStart.Last(1) }));
            app.MapPost("/servers/{name}/kill", (string name, AppServers servers) => servers.Find(name)?.Kill());
            app.MapPost("/servers/{name}/start", (string name, AppServers servers) => servers.Find(name)?.StartAsync());
            app.MapReverseProxy();
            await app.RunAsync();
        }
    }
}
