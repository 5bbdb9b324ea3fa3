using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>A test with an app on a store that can fail over.</summary>
public abstract class FailoverTest : ServerTest
{
    private protected const string Unknown = "{\"reason\":\"unknown\"}";

    private protected ForkingEventStore Store { get; } = new();

    private protected KestrelApp App { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    private protected ISsePublisher Publisher => App.Services.GetRequiredService<ISsePublisher>();

    private protected async Task StartFailoverAppAsync(Action<WebApplication>? endpoints = null)
    {
        App = await StartAsync(
            app =>
            {
                app.MapSse("/follow", (string topics, string? only) => SseResults.Follow(
                    topics.Split(','), new SseFollowOptions { EventTypeFilter = only is null ? null : type => type == only }));
                endpoints?.Invoke(app);
            },
            builder =>
            {
                builder.Services.AddSingleton<ISseEventStore>(Store);
                builder.Services.AddSse();
            });
        Client = App.CreateClient();
    }

    private protected Task<StreamClient> FollowAsync(string topics, string? lastEventId = null) =>
        StreamClient.OpenAsync(Client, $"/follow?topics={topics}", lastEventId);

    /// <summary>Publishes the numbers from one to another, and returns the id of the last one.</summary>
    private protected async Task<string> PublishAsync(int first, int last, string topic = "t")
    {
        string id = "";
        for (int number = first; number <= last; number++)
        {
            id = await Publisher.PublishAsync(topic, $"{number}");
        }

        return id;
    }

    /// <summary>Appends the numbers from one to another as another server does, and returns the position of the last one.</summary>
    private protected async Task<SsePosition> AppendElsewhereAsync(int first, int last, string topic = "t")
    {
        SsePosition position = default;
        for (int number = first; number <= last; number++)
        {
            byte[] payload = Encoding.UTF8.GetBytes($"data: {number}\n");
            position = (await Store.AppendAsync(topic, payload, null, null, CancellationToken.None)).Position;
        }

        return position;
    }

    private protected async Task<string> LatestIdAsync(string topic = "t") =>
        (await Store.GetStateAsync(topic, CancellationToken.None)).Latest.ToString();

    /// <summary>An id with another sequence.</summary>
    private protected static string At(string id, long sequence) => $"{id[..id.IndexOf('-', StringComparison.Ordinal)]}-{sequence}";
}
