using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Topics;

/// <summary>
/// Apps also call from synchronization contexts and task schedulers: Blazor Server, Orleans, user interfaces, test frameworks.
/// </summary>
public sealed class CallerContextTests : ServerTest
{
    private static readonly Dictionary<string, Func<IServiceProvider, Task>> Calls = new()
    {
        ["PublishAsync"] = services => Publisher(services).PublishAsync("t", "1").AsTask(),
        ["PublishAsync of a list"] = services => Publisher(services).PublishAsync("t", [new SseItem<string>("1")]).AsTask(),
        ["CompleteAsync"] = services => Publisher(services).CompleteAsync("t").AsTask(),
        ["DeleteAsync"] = services => Publisher(services).DeleteAsync("t").AsTask(),
        ["GetLastEventIdAsync"] = services => Publisher(services).GetLastEventIdAsync("t").AsTask(),
        ["ReadAsync"] = services => Publisher(services).ReadAsync("t").GetAsyncEnumerator().MoveNextAsync().AsTask(),
        ["IsRunningAsync"] = services => Runs(services).IsRunningAsync("t").AsTask(),
        ["StopAsync"] = services => Runs(services).StopAsync("t").AsTask(),
        ["DisconnectAsync"] = services =>
            services.GetRequiredService<ISseConnections>().DisconnectAsync(new SseDisconnect { User = "a" }).AsTask(),
    };

    private readonly LateStore _store = new();

    public static TheoryData<string, bool> AllCalls
    {
        get
        {
            var calls = new TheoryData<string, bool>();
            foreach (string call in Calls.Keys)
            {
                calls.Add(call, false);
                calls.Add(call, true);
            }

            return calls;
        }
    }

    [Theory]
    [MemberData(nameof(AllCalls))]
    public async Task A_caller_that_blocks_its_context_gets_its_result(string call, bool usesScheduler)
    {
        KestrelApp app = await StartAsync();

        await BlockedContext.RunAsync(usesScheduler, () => Calls[call](app.Services).Wait(TestTimeout.Limit)).OrTimeout();
    }

    [Fact]
    public void Every_asynchronous_call_of_an_app_is_tested()
    {
        IEnumerable<string> all = new[] { typeof(ISsePublisher), typeof(ISseRuns), typeof(ISseConnections) }
            .SelectMany(type => type.GetMethods())
            .Select(method => method.Name)
            .Where(name => name.EndsWith("Async", StringComparison.Ordinal))
            .Distinct();

        Assert.Equal(all.Order(), Calls.Keys.Select(call => call.Split(' ')[0]).Distinct().Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_publish_is_announced_although_its_context_has_ended(bool usesScheduler)
    {
        KestrelApp app = await StartAsync();
        StreamClient follower = await StreamClient.OpenAsync(app.CreateClient(), "/");
        _store.MayAnswer.Reset();

        await BlockedContext.RunAsync(usesScheduler, () =>
        {
            _ = Publisher(app.Services).PublishAsync("t", "1").AsTask();
            return true;
        });
        _store.MayAnswer.Set();

        Assert.Equal(["1"], await follower.TakeAsync(1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_on_a_context_begin_in_order(bool usesScheduler)
    {
        KestrelApp app = await StartAsync();

        await BlockedContext.RunAsync(usesScheduler, () =>
        {
            for (int i = 0; i < 100; i++)
            {
                _ = Publisher(app.Services).PublishAsync("t", i).AsTask();
            }

            return true;
        });

        Assert.Equal(Enumerable.Range(0, 100), _store.Begun);
    }

    private static ISsePublisher Publisher(IServiceProvider services) => services.GetRequiredService<ISsePublisher>();

    private static ISseRuns Runs(IServiceProvider services) => services.GetRequiredService<ISseRuns>();

    private Task<KestrelApp> StartAsync() => StartAsync(
        app => app.MapSse("/", () => SseResults.Follow("t")),
        builder => builder.Services.AddSingleton<ISseEventStore>(_store).AddSse());

    /// <summary>A store that answers on other threads, and in which another server runs every topic.</summary>
    private sealed class LateStore : ForwardingStore, ISseLeaseStore
    {
        private readonly List<int> _begun = [];

        public ManualResetEventSlim MayAnswer { get; } = new(initialState: true);

        public IReadOnlyList<int> Begun => _begun;

        public override ValueTask<SseAppendResult> AppendAsync(SseAppendRequest request, CancellationToken cancellationToken)
        {
            string text = System.Text.Encoding.UTF8.GetString(request.Payloads[0].Span);
            if (int.TryParse(text.Replace("data: ", "", StringComparison.Ordinal), out int number))
            {
                _begun.Add(number);
            }

            return LateAsync(() => base.AppendAsync(request, cancellationToken));
        }

        public override ValueTask<SseReadResult> ReadAsync(
            string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
            LateAsync(() => base.ReadAsync(topic, after, maxEvents, cancellationToken));

        public override ValueTask<IReadOnlyList<SseTopicState>> GetStatesAsync(
            IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
            LateAsync(() => base.GetStatesAsync(topics, cancellationToken));

        public override async ValueTask CompleteAsync(
            string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken)
        {
            await LateAsync(() => ValueTask.FromResult(0));
            await base.CompleteAsync(topic, status, expected, cancellationToken);
        }

        public override async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
        {
            await LateAsync(() => ValueTask.FromResult(0));
            await base.DeleteAsync(topic, expectedEpoch, cancellationToken);
        }

        public ValueTask<SseLeaseResult> TryAcquireLeaseAsync(
            string topic, string owner, TimeSpan duration, CancellationToken cancellationToken) => new(SseLeaseResult.Refused);

        public ValueTask<IReadOnlyList<SseLeaseRenewalResult>> TryRenewLeasesAsync(
            IReadOnlyList<SseLeaseRenewal> leases, CancellationToken cancellationToken) =>
            new([.. leases.Select(_ => SseLeaseRenewalResult.Lost)]);

        public ValueTask ReleaseLeaseAsync(string topic, string owner, CancellationToken cancellationToken) => default;

        public ValueTask<string?> GetLeaseOwnerAsync(string topic, CancellationToken cancellationToken) =>
            LateAsync(() => ValueTask.FromResult<string?>("run-elsewhere-1"));

        // Late enough for its caller to wait.
        private ValueTask<T> LateAsync<T>(Func<ValueTask<T>> answer) => new(Task.Run(async () =>
        {
            MayAnswer.Wait();
            await Task.Delay(10);
            return await answer();
        }));
    }
}
