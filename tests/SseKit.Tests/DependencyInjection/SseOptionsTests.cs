using System.Net.ServerSentEvents;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Connections;
using SseKit.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.DependencyInjection;

public sealed class SseOptionsTests : ServerTest
{
    private static readonly TimeSpan Infinite = Timeout.InfiniteTimeSpan;

    public static TheoryData<Action<SseOptions>, bool> EdgesOfRanges => new()
    {
        { options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(10), true },
        { options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(9), false },
        { options => options.HeartbeatInterval = TimeSpan.FromHours(1), true },
        { options => options.HeartbeatInterval = TimeSpan.FromHours(1.1), false },
        { options => options.HeartbeatInterval = Infinite, true },
        { options => options.HeartbeatInterval = TimeSpan.FromSeconds(-1), false },
        { options => options.WriteTimeout = TimeSpan.FromMilliseconds(10), true },
        { options => options.WriteTimeout = TimeSpan.FromMilliseconds(9), false },
        { options => options.WriteTimeout = TimeSpan.FromHours(1), true },
        { options => options.WriteTimeout = TimeSpan.FromHours(1.1), false },
        { options => options.WriteTimeout = Infinite, true },
        { options => options.MaxConnectionLifetime = TimeSpan.FromMilliseconds(10), true },
        { options => options.MaxConnectionLifetime = TimeSpan.FromMilliseconds(9), false },
        { options => options.MaxConnectionLifetime = TimeSpan.FromDays(30), true },
        { options => options.MaxConnectionLifetime = TimeSpan.FromDays(30.1), false },
        { options => options.RevalidateInterval = TimeSpan.FromSeconds(1), true },
        { options => options.RevalidateInterval = TimeSpan.FromMilliseconds(999), false },
        { options => options.RevalidateInterval = TimeSpan.FromDays(1), true },
        { options => options.RevalidateInterval = TimeSpan.FromDays(1.1), false },
        { options => options.RevalidateInterval = Infinite, true },
        { options => options.Retry = TimeSpan.FromMilliseconds(1), true },
        { options => options.Retry = TimeSpan.Zero, false },
        { options => options.Retry = TimeSpan.FromMilliseconds(-1), false },
        { options => options.Retry = TimeSpan.FromMilliseconds(1.5), false },
        { options => options.Retry = TimeSpan.FromMilliseconds(int.MaxValue), true },
        { options => options.Retry = TimeSpan.FromMilliseconds(int.MaxValue + 1L), false },
        { options => options.MaxConnections = 1, true },
        { options => options.MaxConnections = 0, false },
        { options => options.MaxRuns = 1, true },
        { options => options.MaxRuns = 0, false },
        { options => options.OverloadRetry = TimeSpan.FromSeconds(1), true },
        { options => options.OverloadRetry = TimeSpan.FromMilliseconds(999), false },
        { options => options.OverloadRetry = TimeSpan.FromDays(1), true },
        { options => options.OverloadRetry = Infinite, false },
        { options => options.ShutdownRetry = TimeSpan.FromMilliseconds(10), true },
        { options => options.ShutdownRetry = TimeSpan.FromHours(1), true },
        { options => options.ShutdownRetry = TimeSpan.FromHours(1.1), false },
        { options => options.DrainTimeout = TimeSpan.Zero, true },
        { options => options.DrainTimeout = TimeSpan.FromHours(1), true },
        { options => options.DrainTimeout = TimeSpan.FromTicks(-1), false },
        { options => options.DrainTimeout = Infinite, false },
        { options => options.ShutdownEnd = (SseShutdownEnd)3, false },
        { options => options.UserId = null!, false },
        { options => options.MaxEventSize = 1024, true },
        { options => options.MaxEventSize = 1023, false },
        { options => options.MaxEventSize = 1024 * 1024 * 1024, true },
        { options => options.MaxEventSize = (1024 * 1024 * 1024) + 1, false },
    };

    [Fact]
    public void The_defaults_are_those_for_production()
    {
        SseOptions options = OptionsOf(services => services.AddSse());

        Assert.Equal(TimeSpan.FromSeconds(15), options.HeartbeatInterval);
        Assert.Null(options.HeartbeatEvent);
        Assert.Null(options.Terminator);
        Assert.Null(options.FailureEvent);
        Assert.False(options.FailureEventEndsStream);
        Assert.Null(options.Retry);
        Assert.Equal(TimeSpan.FromSeconds(30), options.WriteTimeout);
        Assert.Equal(Infinite, options.MaxConnectionLifetime);
        Assert.Equal(100_000, options.MaxConnections);
        Assert.Equal(10_000, options.MaxRuns);
        Assert.Equal(TimeSpan.FromSeconds(30), options.OverloadRetry);
        Assert.Equal(TimeSpan.FromSeconds(2), options.ShutdownRetry);
        Assert.True(options.CloseOnAuthenticationExpiration);
        Assert.Equal(Infinite, options.RevalidateInterval);
        Assert.Null(options.DrainTimeout);
        Assert.Equal(SseShutdownEnd.ByClient, options.ShutdownEnd);
        Assert.Equal(16 * 1024 * 1024, options.MaxEventSize);
        Assert.Equal(SseReplayStart.Latest, options.ReplayStart);
        Assert.Equal(SseGapPolicy.Earliest, options.GapPolicy);
    }

    [Fact]
    public async Task All_faults_are_reported_when_the_app_starts()
    {
        Logs.ExpectError(record => record.Exception is OptionsValidationException);

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(
            app => { },
            builder => builder.Services.AddSse(options =>
            {
                options.HeartbeatInterval = TimeSpan.Zero;
                options.HeartbeatEvent = new SseItem<string>("x", "ping") { EventId = "1" };
                options.Terminator = new SseItem<string>("x") { EventId = "1" };
                options.Retry = TimeSpan.FromTicks(1);
                options.WriteTimeout = TimeSpan.FromHours(2);
                options.MaxConnectionLifetime = TimeSpan.FromDays(31);
                options.RevalidateInterval = TimeSpan.Zero;
                options.MaxConnections = 0;
                options.MaxRuns = 0;
                options.OverloadRetry = TimeSpan.Zero;
                options.ShutdownRetry = Infinite;
                options.DrainTimeout = Infinite;
                options.ShutdownEnd = (SseShutdownEnd)7;
                options.MaxEventSize = 1;
                options.GapPolicy = (SseGapPolicy)7;
            })));

        IEnumerable<string> named = exception.Failures.Select(fault => fault.Split(':', ' ')[0]);
        IEnumerable<string> withRange = typeof(SseOptions).GetProperties().Where(HasWrongValues)
            .Select(property => "SseOptions." + property.Name);
        Assert.Equal(withRange.Order(), named.Order());
        Assert.Contains(
            "SseOptions.WriteTimeout is 02:00:00, but must be 00:00:00.0100000 to 01:00:00, or Timeout.InfiniteTimeSpan.",
            exception.Failures);
    }

    [Theory]
    [MemberData(nameof(EdgesOfRanges))]
    public void Values_at_the_bounds_are_valid_and_beyond_are_not(Action<SseOptions> configure, bool fine)
    {
        Exception? exception = Record.Exception(() => OptionsOf(services => services.AddSse(configure)));

        Assert.Equal(fine, exception is null);
    }

    [Fact]
    public void A_heartbeat_without_data_or_with_id_is_invalid()
    {
        var withoutData = Assert.Throws<OptionsValidationException>(
            () => OptionsOf(services => services.AddSse(options => options.HeartbeatEvent = default(SseItem<string>))));
        var withId = Assert.Throws<OptionsValidationException>(
            () => OptionsOf(services => services.AddSse(options => options.HeartbeatEvent = new SseItem<string>("x") { EventId = "1" })));
        var withOddRetry = Assert.Throws<OptionsValidationException>(() => OptionsOf(services => services.AddSse(
            options => options.HeartbeatEvent = new SseItem<string>("x") { ReconnectionInterval = TimeSpan.FromTicks(1) })));

        Assert.Contains("data", Assert.Single(withoutData.Failures));
        Assert.Contains("id", Assert.Single(withId.Failures));
        Assert.Contains("milliseconds", Assert.Single(withOddRetry.Failures));
    }

    [Fact]
    public void Code_takes_precedence_over_configuration()
    {
        SseOptions options = OptionsOf(
            services => services.AddSse(options => options.WriteTimeout = TimeSpan.FromSeconds(7)),
            ("SseKit:HeartbeatInterval", "00:00:05"),
            ("SseKit:WriteTimeout", "00:00:06"),
            ("SseKit:Retry", "00:00:01.500"),
            ("SseKit:MaxConnections", "12"),
            ("SseKit:MaxRuns", "13"),
            ("SseKit:MaxConnectionLifetime", "-00:00:00.001"),
            ("SseKit:GapPolicy", "latest"));

        Assert.Equal(TimeSpan.FromSeconds(5), options.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromSeconds(7), options.WriteTimeout);
        Assert.Equal(TimeSpan.FromMilliseconds(1500), options.Retry);
        Assert.Equal(12, options.MaxConnections);
        Assert.Equal(13, options.MaxRuns);
        Assert.Equal(Infinite, options.MaxConnectionLifetime);
        Assert.Equal(SseGapPolicy.Latest, options.GapPolicy);
    }

    [Fact]
    public void The_last_call_takes_precedence()
    {
        SseOptions options = OptionsOf(
            services =>
            {
                services.AddSse(options => options.MaxConnections = 5);
                services.AddSse(options => options.MaxEventSize = 2048);
                services.AddSse(options => options.MaxConnections = 6);
            },
            ("SseKit:MaxConnections", "12"));

        Assert.Equal((6, 2048), (options.MaxConnections, options.MaxEventSize));
    }

    [Fact]
    public async Task Faults_in_the_configuration_stop_the_app_at_its_start()
    {
        Logs.ExpectError(record => record.Exception is OptionsValidationException);

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(
            app => { },
            builder =>
            {
                builder.Configuration.AddInMemoryCollection([new("SseKit:MaxConnections", "-1"), new("SseKit:WriteTimeout", "00:00:00")]);
                builder.Services.AddSse();
            }));

        Assert.Equal(2, exception.Failures.Count());
    }

    [Fact]
    public void The_section_has_every_option_with_a_text_form()
    {
        IEnumerable<string> expected = typeof(SseOptions).GetProperties()
            .Where(IsText)
            .Select(property => property.Name);
        object[] values = [4711, TimeSpan.FromSeconds(4711), SseGapPolicy.Latest, SseShutdownEnd.Abort, true];
        var everything = new OptionsSection();
        foreach (PropertyInfo property in typeof(OptionsSection).GetProperties())
        {
            property.SetValue(everything, values.Single(value => value.GetType() == Nullable.GetUnderlyingType(property.PropertyType)));
        }

        var options = new SseOptions();
        everything.ApplyTo(options);

        Assert.Equal(expected.Order(), typeof(OptionsSection).GetProperties().Select(property => property.Name).Order());
        Assert.All(expected, name => Assert.Contains(typeof(SseOptions).GetProperty(name)!.GetValue(options), values));
    }

    [Fact]
    public async Task All_faults_of_an_endpoint_are_thrown_when_mapped()
    {
        await StartAsync(app =>
        {
            RouteHandlerBuilder endpoint = app.MapSse("/", (events, ct) => Task.CompletedTask);

            var exception = Assert.Throws<OptionsValidationException>(() => endpoint.WithSseOptions(options =>
            {
                options.WriteTimeout = TimeSpan.Zero;
                options.Retry = TimeSpan.Zero;
            }));
            Assert.Throws<OptionsValidationException>(() => endpoint.WithSseHeartbeat(TimeSpan.FromDays(1)));
            Assert.Throws<OptionsValidationException>(
                () => endpoint.WithSseHeartbeat(TimeSpan.FromSeconds(1), new SseItem<string>("x") { EventId = "1" }));
            Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.WithSseConnectionLimit(0));
            Assert.Throws<ArgumentOutOfRangeException>(() => endpoint.WithSseRunLimit(0));

            Assert.Equal(2, exception.Failures.Count());
        });
    }

    [Theory]
    [InlineData(5)]
    [InlineData(100_000)]
    public async Task Max_connections_of_an_endpoint_is_refused(int maxConnections)
    {
        await StartAsync(app =>
        {
            RouteHandlerBuilder endpoint = app.MapSse("/", (events, ct) => Task.CompletedTask);

            var exception = Assert.Throws<ArgumentException>(
                () => endpoint.WithSseOptions(options => options.MaxConnections = maxConnections));

            Assert.Contains("WithSseConnectionLimit", exception.Message);
        });
    }

    [Theory]
    [InlineData(5)]
    [InlineData(10_000)]
    public async Task Max_runs_of_an_endpoint_is_refused(int maxRuns)
    {
        await StartAsync(app =>
        {
            RouteHandlerBuilder endpoint = app.MapSse("/", (events, ct) => Task.CompletedTask);

            var exception = Assert.Throws<ArgumentException>(() => endpoint.WithSseOptions(options => options.MaxRuns = maxRuns));

            Assert.Contains("WithSseRunLimit", exception.Message);
        });
    }

    [Fact]
    public async Task Options_of_an_endpoint_inherit_those_of_the_app()
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse("/own", (events, ct) => events.WriteAsync(new string('x', 2000), ct).AsTask())
                    .WithSseOptions(options => options.MaxEventSize = 4096);
                app.MapSse("/app", async (events, ct) =>
                    await Assert.ThrowsAsync<ArgumentException>(() => events.WriteAsync(new string('x', 2000), ct).AsTask()));
            },
            builder => builder.Services.AddSse(options =>
            {
                options.Retry = TimeSpan.FromMinutes(4);
                options.MaxEventSize = 1024;
            }));

        string own = await app.CreateClient().GetStringAsync("/own");
        string ofApp = await app.CreateClient().GetStringAsync("/app");

        Assert.Matches("^retry: [1-3][0-9]{5}\n", own);
        Assert.Matches("^retry: [1-3][0-9]{5}\n", ofApp);
        Assert.Equal($"data: {new string('x', 2000)}\n\n", own.AfterPreamble());
        Assert.Equal("", ofApp.AfterPreamble());
    }

    [Fact]
    public async Task Streams_work_without_the_services_of_ssekit()
    {
        KestrelApp app = await StartAsync(app =>
        {
            app.UseSse();
            app.MapSse("/mapped", async (events, ct) => await events.WriteAsync("one", ct));
            app.MapGet("/plain", async (SseEventWriter events, CancellationToken ct) => await events.WriteAsync("one", ct));
        });

        Assert.Equal("data: one\n\n", (await app.CreateClient().GetStringAsync("/mapped")).AfterPreamble());
        Assert.Equal("data: one\n\n", (await app.CreateClient().GetStringAsync("/plain")).AfterPreamble());
    }

    [Fact]
    public async Task Endpoints_without_AddSse_share_one_runtime()
    {
        var time = new ManualTimeProvider();
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse("/one", (events, ct) => Task.Delay(Timeout.Infinite, ct));
                app.MapGroup("/group").MapSse("/two", (events, ct) => Task.Delay(Timeout.Infinite, ct));
            },
            builder => builder.Services.AddSingleton<TimeProvider>(time));
        using StreamingResponse one = await app.CreateClient().OpenAsync("/one");
        using StreamingResponse two = await app.CreateClient().OpenAsync("/group/two");
        await one.ReadPreambleAsync();
        await two.ReadPreambleAsync();
        await time.TimerArmedAsync(TimeSpan.FromSeconds(15));

        await app.StopAsync().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Matches("^retry: [0-9]+\n$", await one.ReadToEndAsync());
        Assert.Matches("^retry: [0-9]+\n$", await two.ReadToEndAsync());
        Assert.Single(Logs.Records, record => record.Id.Id == LogEventIds.Stopping && record.Category == "SseKit");
    }

    // A start of replay is always valid.
    private static bool HasWrongValues(PropertyInfo option) =>
        option.PropertyType != typeof(SseReplayStart) && option.PropertyType != typeof(bool) && !IsCode(option);

    private static bool IsText(PropertyInfo option) =>
        option.PropertyType != typeof(SseReplayStart) && option.PropertyType != typeof(SseItem<string>?) && !IsCode(option);

    private static bool IsCode(PropertyInfo option) => typeof(Delegate).IsAssignableFrom(option.PropertyType);

    private static SseOptions OptionsOf(Action<IServiceCollection> configure, params (string Key, string Value)[] configuration)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder()
            .AddInMemoryCollection(configuration.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)))
            .Build());
        configure(services);
        using ServiceProvider provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptions<SseOptions>>().Value;
    }
}
