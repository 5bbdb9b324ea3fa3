using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A client that leaves before its run begins.</summary>
public sealed class ReplayLeaseTests : ReplayTest
{
    private readonly Signal _asked = new();
    private readonly Signal _mayAnswer = new();
    private LeasedEventStore _leases = null!;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_leaves_during_the_lease_request_blocks_none(bool isTakenOver)
    {
        await StartReplayAppAsync(
            services: builder => builder.Services.AddSingleton<ISseEventStore>(_leases = new LeasedEventStore(Store)));
        _leases.Grant = isTakenOver ? SseLeaseResult.TakenOver : SseLeaseResult.Granted;
        _leases.AfterGrant = isTakenOver ? null : HoldAsync;
        _leases.BeforeDelete = isTakenOver ? HoldAsync : null;
        using var leaves = new CancellationTokenSource();
        Task<HttpResponseMessage> first = Client.GetAsync("/writer", leaves.Token);
        await _asked.WaitAsync();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await TestTimeout.UntilAsync(() => Runs.Count == 0);

        _mayAnswer.Set();
        StreamClient second = await StreamClient.OpenAsync(Client, "/writer").OrTimeout();
        Feed.Write("1");

        Assert.Equal(["1"], await second.TakeAsync(1));
        Assert.Equal(1, Feed.Runs);
        Feed.End();
    }

    private Task HoldAsync()
    {
        _asked.Set();
        return _mayAnswer.WaitAsync(CancellationToken.None);
    }
}
