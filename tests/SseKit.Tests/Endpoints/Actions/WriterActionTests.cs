using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Connections;
using SseKit.Tests.Infrastructure;
using SseKit.Tests.Replay;

namespace SseKit.Tests.Endpoints.Actions;

/// <summary>MVC actions that take an <see cref="SseEventWriter"/>.</summary>
public sealed class WriterActionTests : ServerTest
{
    private readonly ReplayFeed _feed = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_action_sends_headers_events_and_a_clean_end(bool useSse)
    {
        KestrelApp app = await StartAppAsync(useSse: useSse);

        using StreamingResponse response = await app.CreateClient().OpenAsync("/writer-actions/feed");
        await response.ReadPreambleAsync();
        _feed.Write("1");
        string first = await response.ReadUntilAsync("\n\n");
        _feed.End();

        Assert.Equal("data: 1\n\n", first);
        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
        Assert.Equal("", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task An_action_binds_its_body_beside_the_writer()
    {
        KestrelApp app = await StartAppAsync();
        HttpClient client = app.CreateClient();

        HttpResponseMessage answer = await client.PostAsJsonAsync("/writer-actions/prompt", new WriterController.Prompt("hello"));
        HttpResponseMessage invalid = await client.PostAsJsonAsync("/writer-actions/prompt", new { });

        Assert.Equal("event: answer\ndata: hello\n\n", await answer.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.BadRequest, invalid.StatusCode);
    }

    [Theory]
    [InlineData("/writer-actions/nothing", false, "")]
    [InlineData("/writer-actions/nothing", true, "")]
    [InlineData("/writer-actions/checked/1", false, "data: found\n\n")]
    [InlineData("/writer-actions/checked/1", true, "data: found\n\n")]
    public async Task An_action_is_a_stream_also_with_endpoint_filters(string path, bool isFiltered, string events)
    {
        KestrelApp app = await StartAppAsync(map: controllers =>
        {
            if (isFiltered)
            {
                controllers.AddEndpointFilter((context, next) => next(context));
            }
        });

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.Equal(events, (await response.ReadToEndAsync()).AfterPreamble());
        Assert.Equal("text/event-stream; charset=utf-8", response.Headers["Content-Type"]);
    }

    [Fact]
    public async Task An_action_can_answer_another_status_before_its_events()
    {
        KestrelApp app = await StartAppAsync();

        HttpResponseMessage response = await app.CreateClient().GetAsync("/writer-actions/checked/0");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_token_of_an_action_fires_when_its_client_leaves()
    {
        KestrelApp app = await StartAppAsync();
        using StreamingResponse response = await app.CreateClient().OpenAsync("/writer-actions/feed");
        await response.ReadPreambleAsync();

        response.Dispose();

        await _feed.Cancelled.OrTimeout();
        await TestTimeout.UntilAsync(() => app.Services.GetRequiredService<StreamRuntime>().Registry.Count == 0);
    }

    [Fact]
    public async Task A_stream_of_an_action_ends_cleanly_at_shutdown()
    {
        KestrelApp app = await StartAppAsync();
        using StreamingResponse response = await app.CreateClient().OpenAsync("/writer-actions/feed");
        await response.ReadPreambleAsync();

        await app.StopAsync().OrTimeout();

        Assert.StartsWith("retry: ", await response.ReadToEndAsync());
    }

    [Fact]
    public async Task A_failing_action_breaks_its_stream_after_its_events()
    {
        Logs.ExpectError(record => record.Exception?.Message == "The model is gone.");
        KestrelApp app = await StartAppAsync();
        RawConnection raw = await app.ConnectAsync();
        await raw.SendAsync("GET /writer-actions/feed HTTP/1.1\r\nHost: localhost\r\n\r\n");
        _feed.Write("1");
        await raw.ReadUntilAsync("data: 1\n\n");

        _feed.End(new InvalidOperationException("The model is gone."));

        await raw.ReadToBreakAsync();
    }

    [Fact]
    public async Task An_action_is_excluded_from_output_caches()
    {
        KestrelApp app = await StartAppAsync();

        Endpoint endpoint = app.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Single(endpoint => endpoint is RouteEndpoint { RoutePattern.RawText: "writer-actions/feed" });

        Assert.True(endpoint.Metadata.GetMetadata<OutputCacheAttribute>()?.NoStore);
    }

    [Fact]
    public async Task An_action_over_the_limit_is_not_run()
    {
        KestrelApp app = await StartAppAsync(options => options.MaxConnections = 1);
        HttpClient client = app.CreateClient();
        using StreamingResponse first = await client.OpenAsync("/writer-actions/feed");

        HttpResponseMessage second = await client.GetAsync("/writer-actions/feed");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, second.StatusCode);
        Assert.Equal(1, _feed.Runs);
    }

    [Theory]
    [InlineData("/conventional/conventional/feed")]
    [InlineData("/anything")]
    public async Task An_action_streams_by_every_kind_of_route_without_AddSse(string path)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapControllerRoute("default", "conventional/{controller}/{action}");
                app.MapFallbackToController("Feed", "Conventional");
            },
            AddControllers);

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.Equal("data: 1\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private Task<KestrelApp> StartAppAsync(
        Action<SseOptions>? options = null, Action<ControllerActionEndpointConventionBuilder>? map = null, bool useSse = false) => StartAsync(
        app =>
        {
            if (useSse)
            {
                app.UseSse();
            }

            ControllerActionEndpointConventionBuilder controllers = app.MapControllers();
            map?.Invoke(controllers);
        },
        builder =>
        {
            builder.Services.AddSse(options);
            AddControllers(builder);
        });

    private void AddControllers(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_feed);
        builder.Services.AddControllers().AddApplicationPart(typeof(WriterController).Assembly);
    }
}
