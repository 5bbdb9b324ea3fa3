using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SseKit.Benchmarks.Load;

/// <summary>An app on Kestrel with its default options, without logs.</summary>
internal static class LoopbackServer
{
    public static async Task<(WebApplication App, int Port)> StartAsync(
        Action<WebApplication> configure, Action<ISseBuilder>? addToSse = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        ISseBuilder sse = builder.Services.AddSse();
        addToSse?.Invoke(sse);
        builder.WebHost.UseUrls($"http://{IPAddress.Loopback}:0");
        WebApplication app = builder.Build();
        configure(app);
        await app.StartAsync();
        return (app, new Uri(app.Urls.Single()).Port);
    }
}
