using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.DependencyInjection;

/// <summary>The file log as an app has it.</summary>
public sealed class SseFileStoreTests : ServerTest
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<Action<SseFileStoreOptions>, bool> EdgesOfRanges => new()
    {
        { options => options.Sync = SseFileSync.None, true },
        { options => options.Sync = (SseFileSync)7, false },
        { options => options.SyncInterval = TimeSpan.FromMilliseconds(1), true },
        { options => options.SyncInterval = TimeSpan.Zero, false },
        { options => options.SyncInterval = TimeSpan.FromHours(1), true },
        { options => options.SyncInterval = TimeSpan.FromHours(1.1), false },
        { options => options.SegmentSize = 64 * 1024, true },
        { options => options.SegmentSize = (64 * 1024) - 1, false },
        { options => options.SegmentSize = 1024 * 1024 * 1024, true },
        { options => options.SegmentSize = (1024 * 1024 * 1024) + 1, false },
        { options => options.MaxEventsPerTopic = 1, true },
        { options => options.MaxEventsPerTopic = 0, false },
        { options => options.MaxBytesPerTopic = 1, true },
        { options => options.MaxBytesPerTopic = 0, false },
        { options => options.MaxEvents = 1, true },
        { options => options.MaxEvents = 0, false },
        { options => options.MaxBytes = 1, true },
        { options => options.MaxBytes = 0, false },
        { options => options.MaxTopics = 1, true },
        { options => options.MaxTopics = 0, false },
        { options => options.MaxAge = TimeSpan.FromSeconds(1), true },
        { options => options.MaxAge = TimeSpan.FromMilliseconds(999), false },
        { options => options.MaxAge = TimeSpan.FromDays(3650), true },
        { options => options.MaxAge = TimeSpan.FromDays(3651), false },
        { options => options.MaxAge = Timeout.InfiniteTimeSpan, true },
    };

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete();
    }

    [Fact]
    public async Task A_client_resumes_where_it_was_before_the_app_was_started_again()
    {
        KestrelApp before = await StartAsync();
        ISsePublisher publisher = before.Services.GetRequiredService<ISsePublisher>();
        string first = await publisher.PublishAsync("t", "1");
        await publisher.PublishAsync("t", "2");
        await before.DisposeAsync();

        KestrelApp after = await StartAsync();
        StreamClient client = await StreamClient.OpenAsync(after.CreateClient(), "/follow", first);
        await after.Services.GetRequiredService<ISsePublisher>().PublishAsync("t", "3");

        Assert.Equal(["2", "3"], await client.TakeAsync(2));
    }

    [Fact]
    public async Task A_directory_in_use_stops_the_app_at_its_start()
    {
        Logs.ExpectError(record => record.Exception is IOException);
        await StartAsync();

        var exception = await Assert.ThrowsAsync<IOException>(StartAsync);

        Assert.Contains(_directory.Path, exception.Message);
    }

    [Fact]
    public async Task Every_fault_of_the_options_is_named_at_once_when_the_app_starts()
    {
        Logs.ExpectError(record => record.Exception is OptionsValidationException);

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(options =>
        {
            options.Sync = (SseFileSync)9;
            options.SyncInterval = TimeSpan.Zero;
            options.SegmentSize = 0;
            options.MaxEventsPerTopic = 0;
            options.MaxBytesPerTopic = 0;
            options.MaxEvents = 0;
            options.MaxBytes = 0;
            options.MaxAge = TimeSpan.Zero;
            options.MaxTopics = 0;
        }));

        Assert.Equal(
            typeof(SseFileStoreOptions).GetProperties().Select(property => "SseFileStoreOptions." + property.Name).Order(),
            exception.Failures.Select(fault => fault.Split(' ')[0]).Order());
    }

    [Theory]
    [MemberData(nameof(EdgesOfRanges))]
    public void Values_at_the_edges_are_fine_and_beyond_them_are_not(Action<SseFileStoreOptions> configure, bool fine)
    {
        using ServiceProvider provider = ProviderWith(configure);

        Exception? exception = Record.Exception(() => provider.GetRequiredService<IOptions<SseFileStoreOptions>>().Value);

        Assert.Equal(fine, exception is null);
    }

    [Fact]
    public void The_store_that_was_added_last_is_the_store()
    {
        var services = new ServiceCollection();
        services.AddSse().AddFileEventStore(_directory.Path).AddInMemoryEventStore();
        using ServiceProvider memory = services.BuildServiceProvider();
        services.AddSse().AddFileEventStore(_directory.Path);
        using ServiceProvider file = services.BuildServiceProvider();

        Assert.IsNotType<SseFileEventStore>(memory.GetRequiredService<ISseEventStore>());
        Assert.IsType<SseFileEventStore>(file.GetRequiredService<ISseEventStore>());
    }

    [Fact]
    public async Task A_relative_directory_begins_at_the_content_root()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = _directory.Path });
        builder.Services.AddSse().AddFileEventStore("data/events");
        using IHost host = builder.Build();

        await host.StartAsync();

        Assert.True(File.Exists(Path.Combine(_directory.Path, "data", "events", "ssekit.lock")));
    }

    private Task<KestrelApp> StartAsync() => StartAsync(configure: null);

    private Task<KestrelApp> StartAsync(Action<SseFileStoreOptions>? configure) => StartAsync(
        app => app.MapSse("/follow", () => SseResults.Follow("t")),
        builder => builder.Services.AddSse().AddFileEventStore(_directory.Path, configure));

    private ServiceProvider ProviderWith(Action<SseFileStoreOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddSse().AddFileEventStore(_directory.Path, configure);
        return services.BuildServiceProvider();
    }
}
