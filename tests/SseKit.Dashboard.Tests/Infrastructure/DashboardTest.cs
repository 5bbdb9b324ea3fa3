using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.Dashboard.Tests.Infrastructure;

/// <summary>A test with an app whose dashboard is at <c>/sse</c>, on a clock that stands still.</summary>
public abstract class DashboardTest : ServerTest
{
    private protected ManualTimeProvider Time { get; } = new();

    private protected HookedStore Store { get; } = new();

    private protected KestrelApp App { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    private protected ISsePublisher Publisher => App.Services.GetRequiredService<ISsePublisher>();

    /// <summary>Starts an app with <c>/follow/{topic}</c> and, unless other endpoints map one, a dashboard.</summary>
    private protected async Task StartDashboardAsync(
        Action<WebApplication>? endpoints = null,
        Action<WebApplicationBuilder>? services = null,
        string environment = "Development",
        Action<SseOptions>? options = null)
    {
        endpoints ??= app => app.MapSseDashboard("/sse");
        App = await StartAsync(
            app =>
            {
                app.MapSse("/follow/{topic}", (string topic) => SseResults.Follow(topic));
                endpoints(app);
            },
            builder =>
            {
                builder.Environment.EnvironmentName = environment;
                builder.Services.AddSingleton<TimeProvider>(Time);
                builder.Services.AddSse(options);
                Store.Wrap(builder.Services);
                services?.Invoke(builder);
            });
        Client = App.CreateClient();

        // As an EventSource does, whose streams end cleanly when they are cut.
        Client.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        Client.DefaultRequestHeaders.CacheControl = new() { NoCache = true };
    }

    private protected Task<StreamClient> FollowAsync(string topic) => StreamClient.OpenAsync(Client, $"/follow/{topic}");

    private protected Task<Viewer> WatchAsync(string query = "", HttpClient? client = null, string path = "/sse") =>
        Viewer.OpenAsync(client ?? Client, $"{path}/overview{query}", Time);

    private protected async Task<HttpStatusCode> GetStatusAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }

    private protected async Task<HttpStatusCode> DisconnectAsync(string id, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sse/disconnect") { Content = JsonContent.Create(new { id }) };
        change?.Invoke(request);
        using HttpResponseMessage response = await Client.SendAsync(request);
        return response.StatusCode;
    }
}
