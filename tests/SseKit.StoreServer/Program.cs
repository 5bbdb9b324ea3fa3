using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using SseKit;

// One server of an app that has several, for tests: postgres <connection string> <schema>, or redis <configuration> <key prefix>. It writes
// its address when it is ready, and ends with its standard input.
WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.Logging.ClearProviders();
builder.WebHost.UseUrls("http://127.0.0.1:0");
ISseBuilder sse = builder.Services.AddSse(options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(200));
_ = args[0] == "redis"
    ? sse.AddRedisEventStore(args[1], options => options.KeyPrefix = args[2])
    : sse.AddPostgreSqlEventStore(args[1], options => options.Schema = args[2]);
await using WebApplication app = builder.Build();

app.MapPost(
    "/publish/{topic}",
    async (string topic, string data, string? key, ISsePublisher publisher, CancellationToken cancellationToken) =>
        key is null
            ? await publisher.PublishAsync(topic, data, cancellationToken)
            : await publisher.PublishAsync(
                topic, new SseItem<string>(data), new SsePublishOptions { IdempotencyKey = key }, cancellationToken));
app.MapSse("/follow/{topic}", (string topic) => SseResults.Follow(topic));
app.MapSse("/run/{topic}", (CancellationToken cancellationToken) => CountAsync(cancellationToken))
    .WithSseReplay(context => (string)context.Request.RouteValues["topic"]!, options => options.LeaseDuration = TimeSpan.FromSeconds(2));

await app.StartAsync();
Console.WriteLine(app.Urls.Single());
while (await Console.In.ReadLineAsync() is not null)
{
}

await app.StopAsync();

static async IAsyncEnumerable<string> CountAsync([EnumeratorCancellation] CancellationToken cancellationToken)
{
    using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
    for (int i = 1; ; i++)
    {
        yield return $"{i}";
        await timer.WaitForNextTickAsync(cancellationToken);
    }
}
