using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

public sealed class ResponseEndTests : ServerTest
{
    private readonly ManualTimeProvider _time = new();
    private readonly TaskCompletionSource<bool> _heartbeatWasOut = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Signal _handlerEnded = new();
    private HeldResponseBody? _body;
    private volatile bool _released;

    [Fact]
    public async Task A_request_does_not_end_during_a_heartbeat()
    {
        KestrelApp app = await StartAsync(Map, builder => builder.Services.AddSingleton<TimeProvider>(_time).AddSse());
        RawConnection client = await app.ConnectAsync();
        await client.GetAsync("/");
        await client.ReadUntilAsync("data: ");
        await _time.TimerArmedAsync(TimeSpan.FromSeconds(15));

        _body!.Hold();
        _time.Advance(TimeSpan.FromSeconds(15));
        await _body.FlushIsHeldAsync();
        client.Reset();
        await _handlerEnded.WaitAsync();
        _released = true;
        _body.Release();

        Assert.True(await _heartbeatWasOut.Task.OrTimeout());
    }

    private void Map(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            _body = new HeldResponseBody(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>());
            context.Features.Set<IHttpResponseBodyFeature>(_body);
            await next(context);
            _heartbeatWasOut.SetResult(_released);
        });
        app.MapSse("/", async (events, ct) =>
        {
            await events.WriteAsync("one", ct);
            try
            {
                await Task.Delay(Timeout.Infinite, ct);
            }
            finally
            {
                _handlerEnded.Set();
            }
        });
    }
}
