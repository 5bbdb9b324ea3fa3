using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Stores.InMemory;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Following;

/// <summary>A test with an app whose <c>/follow?topics=a,b</c> follows topics, and with a store that can be made to fail.</summary>
public abstract class FollowTest : ServerTest
{
    private protected KestrelApp App { get; private set; } = null!;

    private protected HttpClient Client { get; private set; } = null!;

    private protected ISsePublisher Publisher => App.Services.GetRequiredService<ISsePublisher>();

    private protected FaultyEventStore Store { get; private set; } = null!;

    private protected TopicRegistry Topics => App.Services.GetRequiredService<TopicRegistry>();

    private protected async Task StartFollowAppAsync(
        Action<SseOptions>? options = null,
        Action<SseInMemoryEventStoreOptions>? bounds = null,
        Action<WebApplication>? endpoints = null,
        Action<WebApplicationBuilder>? services = null,
        TimeProvider? time = null)
    {
        var storeOptions = new SseInMemoryEventStoreOptions();
        bounds?.Invoke(storeOptions);
        Store = new FaultyEventStore(new InMemoryEventStore(storeOptions, time ?? TimeProvider.System));
        App = await StartAsync(
            app =>
            {
                app.MapSse("/follow", (string topics) => SseResults.Follow(topics.Split(',')));
                endpoints?.Invoke(app);
            },
            builder =>
            {
                builder.Services.AddSingleton<ISseEventStore>(Store);
                builder.Services.AddSingleton(time ?? TimeProvider.System);
                builder.Services.AddSse(options);
                services?.Invoke(builder);
            });
        Client = App.CreateClient();
    }

    /// <summary>Connects to /follow and reads the priming event.</summary>
    private protected Task<StreamClient> FollowAsync(string topics, string? lastEventId = null) =>
        StreamClient.OpenAsync(Client, $"/follow?topics={topics}", lastEventId);

    /// <summary>
    /// Reads until the failure of the topic is reported. The connection is aborted shortly after that, on a busy machine possibly before
    /// the last bytes arrive. The client then reconnects, as an EventSource does.
    /// </summary>
    private protected async Task<(StreamClient Client, SseItem<string>[] Items)> ReadToFailureAsync(
        string path, string? lastEventId = null, StreamClient? open = null)
    {
        List<SseItem<string>> items = [];
        while (true)
        {
            try
            {
                StreamClient client = open ?? await StreamClient.OpenAsync(Client, path, lastEventId);
                open = null;
                items.AddRange(await client.ReadToBreakAsync());
                lastEventId = client.LastEventId.Length > 0 ? client.LastEventId : null;
                if (items is [.., { EventType: "ssekit.failed" }])
                {
                    return (client, [.. items]);
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                // It was aborted before its first event, so it is opened again.
            }
        }
    }

    /// <summary>Publishes the numbers from one to another.</summary>
    private protected async Task PublishNumbersAsync(string topic, int first, int last)
    {
        for (int number = first; number <= last; number++)
        {
            await Publisher.PublishAsync(topic, Number(number));
        }
    }

    /// <summary>Completes when no connection and no topic is left.</summary>
    private protected Task AllLeftAsync() =>
        TestTimeout.UntilAsync(() => App.Services.GetRequiredService<StreamRuntime>().Registry.Count == 0 && Topics.Count == 0);

    private protected static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private protected static string[] Numbers(int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(Number)];
}
