using System.IO.Compression;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.HttpLogging;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Serilog;
using Yarp.ReverseProxy.Configuration;

namespace SseKit.MiddlewareTests.App;

/// <summary>An app with the usual middlewares, in their documented order, and every kind of stream.</summary>
internal sealed class FullApp(bool useSseIsFirst, Script script, string logDirectory)
{
    /// <summary>The app's default policy, which must not apply to streams.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds only what streams need, for the server that the app proxies to.</summary>
    public void AddStreams(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(script);

        // A POST stream that never ends would hold the stop of the app.
        builder.Services.AddSse(options => options.DrainTimeout = TimeSpan.Zero);
    }

    public void AddServices(WebApplicationBuilder builder, Uri upstream)
    {
        AddStreams(builder);
        IServiceCollection services = builder.Services;

        // Serilog's static logger would write one test's requests into another's log.
        services.AddSerilog(serilog => serilog.MinimumLevel.Debug(), preserveStaticLogger: true, writeToProviders: true);
        services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddAspNetCoreInstrumentation().AddSource("SseKit").AddInMemoryExporter([]))
            .WithMetrics(metrics => metrics.AddAspNetCoreInstrumentation().AddMeter("SseKit").AddInMemoryExporter(new List<Metric>()));
        services.AddHsts(_ => { });
        services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.All);
        services.AddHttpLogging(options =>
        {
            options.LoggingFields = HttpLoggingFields.All;
            options.CombineLogs = true;
            options.MediaTypeOptions.AddText("text/event-stream");
        });
        services.AddW3CLogging(options => options.LogDirectory = logDirectory);
        services.AddProblemDetails();
        services.AddRateLimiter(options => options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(
            _ => RateLimitPartition.GetConcurrencyLimiter("all", _ => new ConcurrencyLimiterOptions { PermitLimit = 1000 })));
        services.AddRequestTimeouts(options => options.DefaultPolicy = new RequestTimeoutPolicy { Timeout = RequestTimeout });
        services.AddCors(options => options.AddDefaultPolicy(policy => policy.AllowAnyOrigin().AllowAnyHeader().AllowAnyMethod()));
        services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(options =>
        {
            options.SlidingExpiration = true;
            options.Events.OnCheckSlidingExpiration = context =>
            {
                context.ShouldRenew = true;
                return Task.CompletedTask;
            };
        });
        services.AddAuthorization();
        services.AddAntiforgery();
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddDistributedMemoryCache();
        services.AddSession();
        services.AddOutputCache(
            options => options.AddBasePolicy(policy => policy.AddPolicy<CacheEverything>(), excludeDefaultPolicy: true));
        services.AddResponseCaching();
        services.AddResponseCompression(options =>
        {
            options.EnableForHttps = true;
            options.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "text/event-stream"];
        });
        services.Configure<GzipCompressionProviderOptions>(options => options.Level = CompressionLevel.Fastest);
        services.AddRequestDecompression();
        services.AddHealthChecks();
        services.AddControllers().AddApplicationPart(typeof(FullApp).Assembly);
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddSignalR();
        services.AddMcpServer().WithHttpTransport().WithTools<SlowTools>();
        services.AddReverseProxy().LoadFromMemory(
            [Route("proxied", "/writer"), Route("proxied-framework", "/framework")],
            [
                new ClusterConfig
                {
                    ClusterId = "upstream",
                    Destinations = new Dictionary<string, DestinationConfig> { ["only"] = new() { Address = upstream.ToString() } },
                },
            ]);
    }

    public void Configure(WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseHsts();
        app.UseForwardedHeaders();
        app.UsePathBase("/base");
        if (useSseIsFirst)
        {
            app.UseSse();
        }

        app.UseSerilogRequestLogging(options => options.Logger = app.Services.GetRequiredService<Serilog.ILogger>());
        app.UseHttpLogging();
        app.UseW3CLogging();
        app.UseStatusCodePages();
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(logDirectory) });
        app.UseRouting();
        app.UseRequestLocalization("en", "de");
        app.UseRateLimiter();
        app.UseRequestTimeouts();
        app.UseCors();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseAntiforgery();
        app.UseSession();
        app.Use((context, next) =>
        {
            context.Session.SetString("client", Script.ClientOf(context));
            return next(context);
        });
        app.UseOutputCache();
        app.UseResponseCaching();
        app.UseResponseCompression();
        app.UseRequestDecompression();
        app.UseWebSockets();
        if (!useSseIsFirst)
        {
            app.UseSse();
        }

        MapOrdinary(app);
        Streams.Map(app);
        app.MapControllers();
        app.MapReverseProxy().WithMetadata(new OutputCacheAttribute { NoStore = true });
        app.MapHub<ChatHub>("/hub");
        app.MapMcp("/mcp");
        app.MapRazorComponents<Page>().AddInteractiveServerRenderMode();
    }

    private static void MapOrdinary(WebApplication app)
    {
        app.MapHealthChecks("/health");
        app.MapGet("/ordinary", () => "ordinary");
        app.MapGet("/timeout", (CancellationToken ct) => Task.Delay(Timeout.Infinite, ct));
        app.MapGet("/sign-in", () => TypedResults.SignIn(
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada")], "test")),
            new AuthenticationProperties { IsPersistent = true }));
    }

    private static RouteConfig Route(string kind, string path) => new()
    {
        RouteId = kind,
        ClusterId = "upstream",
        Match = new RouteMatch { Path = "/" + kind },
        Transforms = [new Dictionary<string, string> { ["PathSet"] = path }],
    };

    /// <summary>A base policy that would serve one client's stream to another.</summary>
    private sealed class CacheEverything : IOutputCachePolicy
    {
        public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellation)
        {
            context.EnableOutputCaching = context.AllowCacheLookup = context.AllowCacheStorage = context.AllowLocking =
                HttpMethods.IsGet(context.HttpContext.Request.Method);
            context.ResponseExpirationTimeSpan = TimeSpan.FromHours(1);
            return default;
        }

        public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellation) => default;

        public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellation) => default;
    }
}
