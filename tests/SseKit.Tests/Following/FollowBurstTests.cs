using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

public sealed class FollowBurstTests : FollowTest
{
    [Fact]
    public async Task A_burst_is_one_flush_for_a_busy_client()
    {
        HeldResponseBody? body = null;
        await StartFollowAppAsync(endpoints: app => app.Use((context, next) =>
        {
            body = new HeldResponseBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
            context.Features.Set<IHttpResponseBodyFeature>(body);
            return next(context);
        }));
        StreamClient client = await FollowAsync("t");

        body!.Hold();
        await PublishNumbersAsync("t", 1, 1);
        await body.FlushIsHeldAsync();
        int before = body.Flushes;
        await PublishNumbersAsync("t", 2, 101);
        body.Release();
        string[] data = await client.TakeAsync(101);

        Assert.Equal(Numbers(1, 101), data);
        Assert.Equal(1, body.Flushes - before);
    }
}
