using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SseKit.Tests.Infrastructure;

namespace SseKit.Sqlite.Tests;

/// <summary>The store as an app registers it.</summary>
public sealed class SqliteBuilderTests : ServerTest
{
    private readonly TemporaryDirectory _directory = new();

    private string FilePath => Path.Combine(_directory.Path, "events.db");

    public static TheoryData<Action<SseSqliteEventStoreOptions>, bool> EdgesOfRanges => new()
    {
        { options => options.Synchronous = SseSqliteSynchronous.Normal, true },
        { options => options.Synchronous = (SseSqliteSynchronous)7, false },
        { options => options.UpkeepInterval = TimeSpan.FromMilliseconds(100), true },
        { options => options.UpkeepInterval = TimeSpan.FromMilliseconds(99), false },
        { options => options.UpkeepInterval = TimeSpan.FromDays(1), true },
        { options => options.UpkeepInterval = TimeSpan.FromDays(1.1), false },
        { options => options.PollInterval = TimeSpan.FromMilliseconds(10), true },
        { options => options.PollInterval = TimeSpan.FromMilliseconds(9), false },
        { options => options.PollInterval = TimeSpan.FromHours(1), true },
        { options => options.PollInterval = TimeSpan.FromHours(1.1), false },
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
    public async Task Client_resumes_after_the_app_was_restarted()
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
    public async Task App_does_not_start_with_missing_directory()
    {
        Logs.ExpectError(record => record.Exception is IOException);
        Directory.Delete(_directory.Path);

        var exception = await Assert.ThrowsAsync<DirectoryNotFoundException>(StartAsync);

        Assert.Contains(_directory.Path, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(":memory:")]
    [InlineData("Data Source=:memory:")]
    [InlineData("Data Source=events;Mode=Memory")]
    [InlineData("Cache=Shared")]
    [InlineData("Server=db")]
    public void Connection_string_without_file_is_refused(string text)
    {
        ISseBuilder builder = new ServiceCollection().AddSse();

        Assert.Throws<ArgumentException>(() => builder.AddSqliteEventStore(text));
    }

    [Fact]
    public async Task Client_follows_events_of_another_process()
    {
        KestrelApp one = await StartAsync();
        KestrelApp other = await StartAsync();
        string first = await one.Services.GetRequiredService<ISsePublisher>().PublishAsync("t", "1");
        StreamClient client = await StreamClient.OpenAsync(one.CreateClient(), "/follow", first);

        await other.Services.GetRequiredService<ISsePublisher>().PublishAsync("t", "2");

        Assert.Equal(["2"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task Faulty_options_are_all_reported_when_the_app_starts()
    {
        Logs.ExpectError(record => record.Exception is OptionsValidationException);

        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(options =>
        {
            options.Synchronous = (SseSqliteSynchronous)9;
            options.UpkeepInterval = TimeSpan.Zero;
            options.PollInterval = TimeSpan.Zero;
            options.MaxEventsPerTopic = 0;
            options.MaxBytesPerTopic = 0;
            options.MaxEvents = 0;
            options.MaxBytes = 0;
            options.MaxAge = TimeSpan.Zero;
            options.MaxTopics = 0;
        }));

        Assert.Equal(
            typeof(SseSqliteEventStoreOptions).GetProperties().Where(property => property.PropertyType != typeof(bool))
                .Select(property => "SseSqliteEventStoreOptions." + property.Name).Order(),
            exception.Failures.Select(fault => fault.Split(' ')[0]).Order());
    }

    [Theory]
    [MemberData(nameof(EdgesOfRanges))]
    public void Values_are_valid_up_to_the_edges_of_their_ranges(Action<SseSqliteEventStoreOptions> configure, bool fine)
    {
        using ServiceProvider provider = ProviderWith(configure);

        Exception? exception = Record.Exception(() => provider.GetRequiredService<IOptions<SseSqliteEventStoreOptions>>().Value);

        Assert.Equal(fine, exception is null);
    }

    [Fact]
    public void Store_that_was_added_last_is_used()
    {
        var services = new ServiceCollection();
        services.AddSse().AddSqliteEventStore(FilePath).AddInMemoryEventStore();
        using ServiceProvider memory = services.BuildServiceProvider();
        services.AddSse().AddSqliteEventStore(FilePath);
        using ServiceProvider file = services.BuildServiceProvider();

        Assert.IsNotType<SqliteEventStore>(memory.GetRequiredService<ISseEventStore>());
        Assert.IsType<SqliteEventStore>(file.GetRequiredService<ISseEventStore>());
    }

    [Fact]
    public async Task Relative_path_begins_at_the_content_root()
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { ContentRootPath = _directory.Path });
        builder.Services.AddSse().AddSqliteEventStore("events.db");
        using IHost host = builder.Build();

        await host.StartAsync();

        Assert.True(File.Exists(FilePath));
    }

    private Task<KestrelApp> StartAsync() => StartAsync(configure: null);

    private Task<KestrelApp> StartAsync(Action<SseSqliteEventStoreOptions>? configure) => StartAsync(
        app => app.MapSse("/follow", () => SseResults.Follow("t")),
        builder => builder.Services.AddSse().AddSqliteEventStore(FilePath, configure));

    private ServiceProvider ProviderWith(Action<SseSqliteEventStoreOptions> configure)
    {
        var services = new ServiceCollection();
        services.AddSse().AddSqliteEventStore(FilePath, configure);
        return services.BuildServiceProvider();
    }
}
