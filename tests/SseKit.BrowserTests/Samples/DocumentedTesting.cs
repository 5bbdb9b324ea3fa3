using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Notifications;

namespace SseKit.BrowserTests.Samples;

/// <summary>The code of testing.md, which tests the sample Notifications.</summary>
internal sealed class FeedApp : WebApplicationFactory<Program>
{
    public FakeTimeProvider Time { get; } = new();

    protected override void ConfigureWebHost(IWebHostBuilder builder) =>
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<TimeProvider>(Time);
            services.Remove(services.Single(service => service.ImplementationType == typeof(SystemAlerts)));
        });
}

internal sealed class EventReader(HttpResponseMessage response, StreamReader body) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public string? LastEventId { get; private set; }

    public static async Task<EventReader> OpenAsync(HttpClient client, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Limit);
        response.EnsureSuccessStatusCode();
        return new EventReader(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    // Null at the clean end. The limit turns a test that would hang into one that fails.
    public async Task<string?> ReadLineAsync() => await body.ReadLineAsync().WaitAsync(Limit);

    public async Task<SseItem<string>> ReadAsync(string eventType = "message")
    {
        while (true)
        {
            var type = "message";
            var data = new List<string>();
            while (await ReadLineAsync() is var line && line != "")
            {
                switch (line?.Split(": ", 2))
                {
                    case null: throw new EndOfStreamException($"The stream ended without an event '{eventType}'.");
                    case ["event", var value]: type = value; break;
                    case ["data", var value]: data.Add(value); break;
                    case ["id", var value]: LastEventId = value; break;
                }
            }

            if (type == eventType && data.Count > 0)
            {
                return new SseItem<string>(string.Join('\n', data), type);
            }
        }
    }

    public void Dispose() => response.Dispose();
}

public sealed class FeedTests : IDisposable
{
    private readonly FeedApp _app = new();

    [Fact]
    public async Task An_order_reaches_a_client_that_follows()
    {
        var client = _app.CreateClient();
        using var stream = await EventReader.OpenAsync(client, "/feed/1");
        await stream.ReadAsync("ssekit.open");

        await client.PostAsJsonAsync("/orders", new { item = "tea" });

        Assert.Contains("tea", (await stream.ReadAsync("order")).Data);
    }

    [Fact]
    public async Task A_client_that_returns_gets_what_it_missed()
    {
        var client = _app.CreateClient();
        var publisher = _app.Services.GetRequiredService<ISsePublisher>();
        var stream = await EventReader.OpenAsync(client, "/feed/1");
        await stream.ReadAsync("ssekit.open");
        await publisher.PublishAsync("orders", "seen", eventType: "order");
        await stream.ReadAsync("order");
        stream.Dispose();

        await publisher.PublishAsync("orders", "missed", eventType: "order");
        using var resumed = await EventReader.OpenAsync(client, "/feed/1", stream.LastEventId);

        Assert.Equal("missed", (await resumed.ReadAsync("order")).Data);
    }

    [Fact]
    public async Task A_stream_ends_with_its_topics()
    {
        var publisher = _app.Services.GetRequiredService<ISsePublisher>();
        using var stream = await EventReader.OpenAsync(_app.CreateClient(), "/feed/1");
        await stream.ReadAsync("ssekit.open");

        await publisher.CompleteAsync("orders");
        await publisher.CompleteAsync("alerts");

        Assert.Null(await stream.ReadLineAsync());
    }

    [Fact]
    public async Task An_idle_stream_gets_a_heartbeat()
    {
        using var stream = await EventReader.OpenAsync(_app.CreateClient(), "/feed/1");
        await stream.ReadAsync("ssekit.open");

        // The stream may set its timer after the client has read the event, so time passes more than once.
        var line = stream.ReadLineAsync();
        while (!line.IsCompleted)
        {
            _app.Time.Advance(TimeSpan.FromSeconds(15));
            await Task.WhenAny(line, Task.Delay(10));
        }

        Assert.Equal(":", await line);
    }

    public void Dispose() => _app.Dispose();
}
