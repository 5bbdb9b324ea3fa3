using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Connections;

/// <summary>Other code has replaced the request's token, by one that fires before the stream opens.</summary>
public sealed class CancelledOpeningTests : ServerTest
{
    [Theory]
    [InlineData("/writer", true)]
    [InlineData("/writer", false)]
    [InlineData("/values", true)]
    [InlineData("/values", false)]
    public async Task A_token_that_has_fired_rejects_the_stream(string path, bool isEventSource)
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/writer", (events, ct) => Task.Delay(Timeout.Infinite, ct)).AddEndpointFilter(Cancel);
            app.MapSse("/values", (CancellationToken ct) => NothingAsync(ct)).AddEndpointFilter(Cancel);
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", isEventSource ? "text/event-stream" : "application/json");

        using HttpResponseMessage response = await app.CreateClient().SendAsync(request);

        string body = await response.Content.ReadAsStringAsync();
        if (isEventSource)
        {
            // An empty response would end an EventSource for ever.
            Assert.Equal((HttpStatusCode.OK, "text/event-stream"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            Assert.Matches("^retry: [0-9]+\n$", body);
        }
        else
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
        }
    }

    private static ValueTask<object?> Cancel(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        invocation.HttpContext.RequestAborted = new CancellationToken(canceled: true);
        return next(invocation);
    }

    private static async IAsyncEnumerable<string> NothingAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        yield break;
    }
}
