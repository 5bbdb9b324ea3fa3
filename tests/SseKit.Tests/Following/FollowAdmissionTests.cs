using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>Limits are checked before the first read of the store (I10).</summary>
public sealed class FollowAdmissionTests : FollowTest
{
    private int _questions;

    [Theory]
    [InlineData("/follow?topics=t")]
    [InlineData("/limited?topics=t")]
    [InlineData("/limited?topics=a,b,c")]
    public async Task A_refused_follower_does_not_read_the_store(string path)
    {
        await StartLimitedAppAsync(maxConnections: path.StartsWith("/limited", StringComparison.Ordinal) ? 100 : 1);
        await StreamClient.OpenAsync(Client, path);
        CountQuestions();

        for (int i = 0; i < 20; i++)
        {
            await using StreamClient refused = await StreamClient.ConnectAsync(Client, path);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        }

        Assert.Equal(0, _questions);
    }

    [Fact]
    public async Task A_follower_during_the_stop_does_not_read_the_store()
    {
        var entered = new Signal();
        var held = new Signal();
        await StartLimitedAppAsync(maxConnections: 100, app => app.MapSse("/slow", async Task<SseFollowResult> (HttpContext _) =>
        {
            entered.Set();
            await held.WaitAsync(CancellationToken.None);
            return SseResults.Follow("t");
        }));
        CountQuestions();
        Task<StreamClient> connecting = StreamClient.ConnectAsync(Client, "/slow");
        StreamRuntime runtime = App.Services.GetRequiredService<StreamRuntime>();
        await entered.WaitAsync();

        Task stopping = App.StopAsync();
        await TestTimeout.UntilAsync(() => runtime.Stopping.IsCancellationRequested);
        held.Set();
        await using StreamClient refused = await connecting;
        await stopping.OrTimeout();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
        Assert.Equal(0, _questions);
    }

    [Fact]
    public async Task A_follower_that_gets_204_no_longer_counts()
    {
        await StartLimitedAppAsync(maxConnections: 1);
        string last = await Publisher.PublishAsync("done", "1");
        await Publisher.CompleteAsync("done");

        for (int i = 0; i < 5; i++)
        {
            await using StreamClient answered = await StreamClient.ConnectAsync(Client, "/limited?topics=done", last);
            Assert.Equal(HttpStatusCode.NoContent, answered.Status);
            await AllLeftAsync();
        }

        await using StreamClient admitted = await StreamClient.OpenAsync(Client, "/limited?topics=t");
        Assert.Equal(1, App.Services.GetRequiredService<StreamRuntime>().Registry.Count);
    }

    [Fact]
    public async Task A_disconnect_during_the_stores_read_no_longer_counts()
    {
        await StartLimitedAppAsync(maxConnections: 1);
        var asked = new Signal();
        var answer = new Signal();
        Store.BeforeGetState = () =>
        {
            asked.Set();
            return answer.WaitAsync(CancellationToken.None);
        };
        RawConnection leaving = await App.ConnectAsync();
        await leaving.GetAsync("/limited?topics=t");
        await asked.WaitAsync();

        leaving.Dispose();
        answer.Set();
        await AllLeftAsync();

        Store.BeforeGetState = null;
        await StreamClient.OpenAsync(Client, "/limited?topics=t");
    }

    private Task StartLimitedAppAsync(int maxConnections, Action<WebApplication>? endpoints = null) => StartFollowAppAsync(
        options => options.MaxConnections = maxConnections,
        endpoints: app =>
        {
            app.MapSse("/limited", (string topics) => SseResults.Follow(topics.Split(','))).WithSseConnectionLimit(1, _ => "user");
            endpoints?.Invoke(app);
        });

    private void CountQuestions()
    {
        Func<Task> count = () =>
        {
            Interlocked.Increment(ref _questions);
            return Task.CompletedTask;
        };
        Store.BeforeGetState = count;
        Store.BeforeRead = count;
    }
}
