using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SseKit.Benchmarks.Postgres;

/// <summary>One server of an app that keeps its topics in a database. Clients follow at /follow/{topic}.</summary>
internal sealed class SharedServer(WebApplication app) : IAsyncDisposable
{
    public int Port => new Uri(app.Urls.Single()).Port;

    public ISsePublisher Publisher { get; } = app.Services.GetRequiredService<ISsePublisher>();

    public static Task<SharedServer> StartAsync(string connectionString, string schema) =>
        StartAsync(builder => builder.AddPostgreSqlEventStore(connectionString, options =>
        {
            options.Schema = schema;
            options.MaxEventsPerTopic = long.MaxValue;
            options.MaxBytesPerTopic = long.MaxValue;
        }));

    public static async Task<SharedServer> StartAsync(Action<ISseBuilder> store)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{IPAddress.Loopback}:0");
        store(builder.Services.AddSse());
        WebApplication app = builder.Build();
        app.MapSse("/follow/{topic}", (string topic) => SseResults.Follow(topic));
        await app.StartAsync();
        return new SharedServer(app);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
