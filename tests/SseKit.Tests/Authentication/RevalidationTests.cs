using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>The authorization of an open stream is evaluated again.</summary>
public sealed class RevalidationTests : SignInTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private readonly ConcurrentQueue<(HttpContext Context, ClaimsPrincipal User)> _evaluations = new();
    private Func<Task<bool>> _isAllowed = () => Task.FromResult(true);

    [Theory]
    [InlineData("/writer")]
    [InlineData("/follow")]
    [InlineData("/framework")]
    [InlineData("/run")]
    public async Task A_get_whose_policy_fails_ends_cleanly(string path)
    {
        await StartRevalidatingAppAsync();
        using StreamingResponse response = await OpenAsync(path, await SignInAsync());
        await EvaluatedAsync(3);
        int before = Unended;

        _isAllowed = () => Task.FromResult(false);
        await UnauthorizedAsync();

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Fact]
    public async Task A_post_whose_policy_fails_is_broken_off()
    {
        await StartRevalidatingAppAsync();
        using StreamingResponse response = await OpenAsync("/post", await SignInAsync(), HttpMethod.Post);

        _isAllowed = () => Task.FromResult(false);
        await UnauthorizedAsync();

        await response.ReadToBreakAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Theory]
    [InlineData("/anonymous")]
    [InlineData("/off")]
    public async Task A_stream_without_revalidation_is_evaluated_at_its_request_only(string path)
    {
        await StartRevalidatingAppAsync();
        string cookie = await SignInAsync();
        using StreamingResponse response = await OpenAsync(path, cookie);
        int atRequest = _evaluations.Count;
        using StreamingResponse other = await OpenAsync("/writer", cookie);

        await EvaluatedAsync(atRequest + 4);

        Assert.Equal(2, Unended);
        Assert.DoesNotContain(_evaluations.Skip(atRequest), evaluation => evaluation.Context.Request.Path == path);
    }

    [Fact]
    public async Task An_exception_of_the_app_is_logged_once_and_ends_nothing()
    {
        Logs.ExpectError(record => record.Id.Id == LogEventIds.RevalidationFailed);
        await StartRevalidatingAppAsync();
        using StreamingResponse response = await OpenAsync("/writer", await SignInAsync());

        _isAllowed = () => throw new InvalidOperationException("no database");
        await EvaluatedAsync(_evaluations.Count + 3);
        int before = Unended;
        _isAllowed = () => Task.FromResult(false);
        await EvaluatedAsync(_evaluations.Count + 1);

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.RevalidationFailed);
    }

    [Fact]
    public async Task An_evaluation_that_does_not_return_is_abandoned()
    {
        Logs.ExpectError(record => record.Exception is TimeoutException);
        var never = new TaskCompletionSource<bool>();
        await StartRevalidatingAppAsync();
        using StreamingResponse response = await OpenAsync("/writer", await SignInAsync());

        _isAllowed = () => never.Task;
        await EvaluatedAsync(_evaluations.Count + 1);
        _isAllowed = () => Task.FromResult(false);
        await EvaluatedAsync(_evaluations.Count + 1);

        await response.ReadToEndAsync();
        Assert.Contains(Logs.Records, record => record.Exception is TimeoutException);
    }

    [Fact]
    public async Task An_evaluation_sees_a_copy_of_the_request()
    {
        await StartRevalidatingAppAsync();
        using StreamingResponse response = await OpenAsync("/rooms/7?a=b", await SignInAsync("bob"));

        await EvaluatedAsync(2);

        (HttpContext request, _) = _evaluations.First();
        (HttpContext copy, ClaimsPrincipal user) = _evaluations.Skip(1).First();
        Assert.NotSame(request, copy);
        Assert.Equal("bob", user.FindFirstValue(ClaimTypes.NameIdentifier));
        Assert.Equal("7", copy.GetRouteValue("room"));
        Assert.Equal("b", copy.Request.Query["a"]);
        Assert.Equal("/rooms/7", copy.Request.Path);
        Assert.StartsWith(".AspNetCore.", copy.Request.Headers.Cookie.ToString(), StringComparison.Ordinal);
        Assert.Equal("/rooms/{room}", (copy.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);
        Assert.Equal(IPAddress.Loopback, copy.Connection.RemoteIpAddress);
    }

    [Fact]
    public async Task Evaluations_of_many_streams_do_not_all_run_at_once()
    {
        const int Streams = 60;
        await StartRevalidatingAppAsync();
        HttpClient client = App.CreateHttp2Client();
        client.DefaultRequestHeaders.Add("Cookie", await SignInAsync());
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => client.OpenAsync("/writer")));
        await TestTimeout.UntilAsync(() => Connections.GetConnections().Count == Streams);
        var proceed = new TaskCompletionSource<bool>();
        int running = 0;
        _isAllowed = () =>
        {
            Interlocked.Increment(ref running);
            return proceed.Task;
        };

        Time.Advance(Interval / 2);
        int early = Volatile.Read(ref running);
        Time.Advance(Interval / 2);
        await TestTimeout.UntilAsync(() => Volatile.Read(ref running) == StreamRuntime.MaxRevalidations);
        int atOnce = Volatile.Read(ref running);
        proceed.SetResult(true);
        await TestTimeout.UntilAsync(() => Volatile.Read(ref running) == Streams);

        Assert.Equal((0, StreamRuntime.MaxRevalidations), (early, atOnce));
        Assert.Equal(Streams, Unended);
    }

    private Task StartRevalidatingAppAsync() => StartAppAsync(
        app =>
        {
            app.UseSse();
            app.MapSse("/writer", WaitAsync).RequireAuthorization("allowed");
            app.MapSse("/rooms/{room}", WaitAsync).RequireAuthorization("allowed");
            app.MapSse("/post", ["POST"], WaitAsync).RequireAuthorization("allowed");
            app.MapSse("/follow", () => SseResults.Follow("a")).RequireAuthorization("allowed");
            app.MapSse("/run", WaitAsync).RequireAuthorization("allowed").WithSseReplay("run");
            app.MapGet("/framework", (CancellationToken ct) => TypedResults.ServerSentEvents(Nothing(ct))).RequireAuthorization("allowed");
            app.MapSse("/anonymous", WaitAsync).RequireAuthorization("allowed").AllowAnonymous();
            app.MapSse("/off", WaitAsync).RequireAuthorization("allowed")
                .WithSseOptions(options => options.RevalidateInterval = Timeout.InfiniteTimeSpan);
        },
        options =>
        {
            options.RevalidateInterval = Interval;
            options.CloseOnAuthenticationExpiration = false;
        },
        services => services.AddAuthorizationBuilder().AddPolicy("allowed", policy => policy.RequireAssertion(context =>
        {
            _evaluations.Enqueue(((HttpContext)context.Resource!, context.User));
            return _isAllowed();
        })));

    /// <summary>Advances the clock until there were this many evaluations, that of the request included.</summary>
    private Task EvaluatedAsync(int count) => TestTimeout.UntilAsync(() =>
    {
        Time.Advance(Interval);
        return _evaluations.Count >= count;
    });

    /// <summary>Advances the clock until the stream ends. An evaluation that is still running sets the time of the next one later.</summary>
    private Task UnauthorizedAsync() => TestTimeout.UntilAsync(() =>
    {
        Time.Advance(Interval);
        return Unended == 0;
    });

    private static async IAsyncEnumerable<string> Nothing(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
