using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>A test of a resumable endpoint on several servers that share a file. POST begins a run, GET joins it.</summary>
public abstract class ReplayTest : ServerTest
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Channel<string> _items = Channel.CreateUnbounded<string>();
    private int _runs;

    private protected int HandlersRun => Volatile.Read(ref _runs);

    private protected Signal HandlerStopped { get; } = new();

    public override async Task DisposeAsync()
    {
        _items.Writer.TryComplete();
        await base.DisposeAsync();
        _directory.Delete();
    }

    private protected Task<KestrelApp> StartReplayAppAsync(Action<SseReplayOptions>? replay = null, Action<SseOptions>? options = null) =>
        StartAsync(
            app => app.MapSse("/runs/{id}", ["GET", "POST"], (CancellationToken cancellationToken) =>
            {
                Interlocked.Increment(ref _runs);
                cancellationToken.Register(HandlerStopped.Set);
                return _items.Reader.ReadAllAsync(cancellationToken);
            }).WithSseReplay(context => $"run {context.Request.RouteValues["id"]}", each =>
            {
                each.StartMethods = ["POST"];
                replay?.Invoke(each);
            }),
            builder => builder.Services.AddSse(options).AddSqliteEventStore(Path.Combine(_directory.Path, "events.db")));

    private protected void Write(params string[] items)
    {
        foreach (string item in items)
        {
            Assert.True(_items.Writer.TryWrite(item));
        }
    }

    private protected void EndHandlers() => _items.Writer.Complete();

    private protected static ISseEventStore StoreOf(KestrelApp app) => app.Services.GetRequiredService<ISseEventStore>();

    private protected static ISsePublisher PublisherOf(KestrelApp app) => app.Services.GetRequiredService<ISsePublisher>();

    private protected static async Task<SseTopicState> StateAsync(KestrelApp app, string topic) =>
        (await StoreOf(app).GetStatesAsync([topic], CancellationToken.None))[0];

    private protected static Task<StreamClient> BeginAsync(KestrelApp app, string path, string? lastEventId = null) =>
        StreamClient.ConnectAsync(app.CreateClient(), path, lastEventId, HttpMethod.Post);

    private protected static Task<StreamClient> JoinAsync(KestrelApp app, string path, string? lastEventId = null) =>
        StreamClient.ConnectAsync(app.CreateClient(), path, lastEventId);

    /// <summary>Takes the lease of a topic, which shows that no server holds it.</summary>
    private protected static async Task<SseLeaseResult> TakeLeaseAsync(KestrelApp app, string topic) =>
        await ((ISseLeaseStore)StoreOf(app)).TryAcquireLeaseAsync(topic, "test", TimeSpan.FromMinutes(1), CancellationToken.None);
}
