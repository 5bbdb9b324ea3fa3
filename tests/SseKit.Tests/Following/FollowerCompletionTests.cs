using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Topics;

namespace SseKit.Tests.Following;

public sealed class FollowerCompletionTests : ServerTest
{
    [Fact]
    public async Task Two_concurrent_clients_of_a_completed_topic_reach_its_end()
    {
        var store = new SlowStore();
        KestrelApp app = await StartAsync(
            app => app.MapSse("/", () => SseResults.Follow("topic")),
            builder =>
            {
                builder.Services.AddSse();
                builder.Services.AddSingleton<ISseEventStore>(store);
            });
        await store.AppendAsync("topic", "data: only\n\n"u8.ToArray(), null, null, default);
        await store.CompleteAsync("topic", SseTopicStatus.Completed, null, default);
        string start = $"/?lastEventId={(await store.GetStateAsync("topic", default)).Latest.Epoch}-0";

        RawConnection slow = await app.ConnectAsync();
        await slow.GetAsync(start);
        await store.FirstReadBegan.OrTimeout();
        RawConnection fast = await app.ConnectAsync();
        await fast.GetAsync(start);
        string fastStream = await fast.ReadUntilAsync("0\r\n\r\n").OrTimeout();
        store.EndFirstRead();
        string slowStream = await slow.ReadUntilAsync("0\r\n\r\n").OrTimeout();

        Assert.Contains("data: only\n", fastStream, StringComparison.Ordinal);
        Assert.Contains("data: only\n", slowStream, StringComparison.Ordinal);
    }

    private sealed class SlowStore : ForwardingStore
    {
        private readonly TaskCompletionSource _began = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task FirstReadBegan => _began.Task;

        public void EndFirstRead() => _ended.SetResult();

        public override async ValueTask<SseReadResult> ReadAsync(
            string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
        {
            if (_began.TrySetResult())
            {
                await _ended.Task;
            }

            return await base.ReadAsync(topic, after, maxEvents, cancellationToken);
        }
    }
}
