using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Replay;

/// <summary>A run gets the request that began it, also after its client has disconnected.</summary>
public sealed class ReplayRequestTests : ReplayTest
{
    private readonly Signal _clientLeft = new();
    private Func<HttpContext, string> _describe = _ => "";

    [Fact]
    public async Task A_run_keeps_the_values_of_its_request()
    {
        _describe = context => string.Join(
            '|',
            context.Request.Method,
            context.Request.Path,
            context.Request.QueryString,
            context.Request.Headers["X-Own"],
            context.Request.RouteValues["id"],
            context.User.Identity?.Name,
            context.Items["tenant"],
            context.Features.Get<Tenant>()?.Name,
            context.RequestServices.GetRequiredService<Tenant>().Name,
            context.TraceIdentifier,
            CultureInfo.CurrentCulture.Name,
            CultureInfo.CurrentUICulture.Name,
            context.Session.GetString("cart"),
            IPAddress.IsLoopback(context.Connection.RemoteIpAddress!));
        await StartRunAppAsync();

        Assert.Equal(
            "GET|/run/7|?q=1|own|7|alice|acme|acme|acme|trace-1|de-DE|fr-FR|3 apples|True", await DescribeAfterItsClientHasLeftAsync());
    }

    [Fact]
    public async Task Operations_that_need_a_connection_fail_with_the_reason()
    {
        _describe = context => string.Join(
            '|',
            Reason(() => context.Features.Get<IHttpUpgradeFeature>()!.UpgradeAsync()),
            context.Features.Get<IHttpUpgradeFeature>()!.IsUpgradableRequest);
        await StartRunAppAsync();

        Assert.Equal(
            "The handler of WithSseReplay runs apart from its clients' connections, which may end before it, so it cannot upgrade one."
            + "|False",
            await DescribeAfterItsClientHasLeftAsync());
    }

    [Fact]
    public async Task A_run_belongs_to_the_trace_of_its_request()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is "Microsoft.AspNetCore" or "SseKit",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        _describe = _ => $"{Activity.Current?.OperationName} {Activity.Current?.TraceId} {Activity.Current?.TraceStateString}";
        await StartRunAppAsync();

        Assert.Equal(
            "SseKit.Run 0af7651916cd43dd8448eb211c80319c state=1",
            await DescribeAfterItsClientHasLeftAsync(
                "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate: state=1"));
    }

    [Fact]
    public async Task A_throwing_hook_fails_the_request()
    {
        Logs.ExpectError(record => record.Exception?.Message == "No tenant.");
        bool throws = true;
        await StartRunAppAsync((_, _) =>
        {
            if (throws)
            {
                throw new InvalidOperationException("No tenant.");
            }
        });

        RawConnection first = await App.ConnectAsync();
        await first.GetAsync("/run/7");
        Assert.StartsWith("HTTP/1.1 500 ", await first.ReadHeadAsync(), StringComparison.Ordinal);
        throws = false;
        RawConnection second = await App.ConnectAsync();
        await second.GetAsync("/run/7");
        await second.ReadUntilAsync("data: began\n");
        _clientLeft.Set();

        Assert.Contains("data: described ", await second.ReadUntilAsync("0\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_peeked_by_a_middleware_is_read_once()
    {
        await StartReplayAppAsync(endpoints: app =>
        {
            app.Use(async (context, next) =>
            {
                context.Request.EnableBuffering();
                ReadResult peeked = await context.Request.BodyReader.ReadAsync();
                context.Request.BodyReader.AdvanceTo(peeked.Buffer.Start, peeked.Buffer.End);
                context.Request.Body.Position = 0;
                await next();
            });
            app.UseRouting();
            app.MapPost("/echo", async (HttpContext context) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.WriteAsync($"data: {await new StreamReader(context.Request.Body).ReadToEndAsync()}\n\n");
            }).WithSseReplay(Topic);
        });

        HttpResponseMessage response = await Client.PostAsync("/echo", new StringContent("hello"));

        Assert.Contains("data: hello\n", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<string> DescribeAfterItsClientHasLeftAsync(params string[] headers)
    {
        RawConnection first = await App.ConnectAsync();
        await first.GetAsync("/run/7?q=1", ["X-Own: own", .. headers]);
        await first.ReadUntilAsync("data: began\n");
        first.Reset();
        await TestTimeout.UntilAsync(() => ActiveConnections == 0);
        _clientLeft.Set();

        RawConnection second = await App.ConnectAsync();
        await second.GetAsync("/run/7");
        string stream = await second.ReadUntilAsync("0\r\n\r\n");
        return stream.Split("data: described ")[1].Split('\n')[0];
    }

    private int ActiveConnections => App.Services.GetRequiredService<SseKit.Connections.StreamRuntime>().Registry.Count;

    private static string Reason(Action action) => Assert.Throws<InvalidOperationException>(action).Message;

    private Task StartRunAppAsync(Action<HttpContext, HttpContext>? hook = null) => StartReplayAppAsync(
        endpoints: app =>
        {
            app.UseSession();
            app.Use(PrepareAsync);
            app.MapSse("/run/{id}", async (HttpContext context, SseEventWriter events, CancellationToken cancellationToken) =>
            {
                await events.WriteAsync("began", cancellationToken);
                await _clientLeft.WaitAsync(cancellationToken);
                await events.WriteAsync("described " + _describe(context), cancellationToken);
            }).WithSseReplay(
                context => $"run:{context.Request.RouteValues["id"]}",
                options => options.OnRunStarting = hook ?? CarryTenantOver);
        },
        services: builder =>
        {
            builder.Services.AddScoped<Tenant>().AddDistributedMemoryCache().AddSession();
        });

    private static void CarryTenantOver(HttpContext original, HttpContext run) =>
        run.RequestServices.GetRequiredService<Tenant>().Name = original.RequestServices.GetRequiredService<Tenant>().Name;

    private static Task PrepareAsync(HttpContext context, RequestDelegate next)
    {
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "alice")], "test"));
        context.Items["tenant"] = "acme";
        context.Features.Set(new Tenant { Name = "acme" });
        context.RequestServices.GetRequiredService<Tenant>().Name = "acme";
        context.TraceIdentifier = "trace-1";
        context.Session.SetString("cart", "3 apples");
        CultureInfo.CurrentCulture = new CultureInfo("de-DE");
        CultureInfo.CurrentUICulture = new CultureInfo("fr-FR");
        return next(context);
    }

    private sealed class Tenant
    {
        public string? Name { get; set; }
    }
}
