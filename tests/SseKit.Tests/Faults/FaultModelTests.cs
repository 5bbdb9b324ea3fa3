using System.Diagnostics.Metrics;
using System.Net;
using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Stores.InMemory;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Faults;

/// <summary>
/// Whatever other code throws, at any moment: no byte of one stream reaches another, and no lock, subscription or key is left behind. The
/// process continues, and the failure is logged once, with the endpoint. Many streams run on one Kestrel, with faults by a seed.
/// </summary>
public sealed class FaultModelTests : ServerTest
{
    private const int Streams = 64;

    /// <summary>Another seed, to search for faults by hand.</summary>
    private const string SeedVariable = "SSEKIT_FAULT_SEED";

    // Faults that only some kinds can have.
    private static readonly Dictionary<Fault, string[]> Only = new()
    {
        [Fault.Predicate] = ["follow", "several"],
        [Fault.PublishToken] = ["follow", "several"],
        [Fault.StoreBefore] = ["follow", "several", "replay"],
        [Fault.StoreAfter] = ["follow", "several", "replay"],
        [Fault.Topic] = ["replay"],
    };

    private static readonly Fault[] OfHandlers =
    [
        Fault.Handler, Fault.Converter, Fault.FailureEvent, Fault.TokenCallback, Fault.Complete, Fault.Abort, Fault.Cancel, Fault.Finally,
        Fault.WriterComplete, Fault.WriterCompleteAsync, Fault.Reset,
    ];

    // Faults that the endpoints of a kind cannot have.
    private static readonly Dictionary<string, Fault[]> Without = new()
    {
        ["follow"] = OfHandlers,
        ["several"] = OfHandlers,
        ["mvc"] = [Fault.FilterBefore, Fault.FilterAfter],

        // A run has no client that could disconnect, and its response belongs to no client.
        ["replay"] =
        [
            Fault.TokenCallback, Fault.Complete, Fault.Cancel, Fault.WriterComplete, Fault.WriterCompleteAsync,
        ],
    };

    public static TheoryData<int> Seeds() => Environment.GetEnvironmentVariable(SeedVariable) is { } seed
        ? [int.Parse(seed, System.Globalization.CultureInfo.InvariantCulture)]
        : [1, 2, 3, 4, 5, 6];

    public static TheoryData<string, Fault, int> Table()
    {
        var table = new TheoryData<string, Fault, int>();
        foreach (string kind in FaultyApp.Kinds)
        {
            foreach (Fault fault in FaultsOf(kind))
            {
                table.Add(kind, fault, 1);
                table.Add(kind, fault, 2);
            }
        }

        return table;
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_fault_has_exactly_one_consequence(string kind, Fault fault, int http)
    {
        KestrelApp app = await StartAsync();

        await CheckAsync(app, [new FaultyCase("only", kind, http, fault, At: 3)]);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Faults_of_many_streams_do_not_affect_each_other(int seed)
    {
        var random = new Random(seed);
        KestrelApp app = await StartAsync(builder =>
        {
            builder.Logging.AddProvider(new ThrowingLoggerProvider(seed));
            builder.Services.Configure<SseOptions>(options => options.HeartbeatInterval = TimeSpan.FromMilliseconds(20));
        });

        // Added before the listener that throws, after which later ones get no measurements.
        using var readings = new MeterReadings(app.Services, "SseKit");
        using MeterListener listener = ListenAndThrow(app, seed);
        FaultyCase[] streams = [.. Enumerable.Range(0, Streams).Select(i => Choose(random, $"s{seed}x{i}"))];

        await CheckAsync(app, streams);

        Assert.NotEmpty(readings.Of("ssekit.active_connections"));
        Assert.Equal(0, readings.Sum("ssekit.active_connections"));
    }

    private static Fault[] FaultsOf(string kind) =>
    [
        .. Enum.GetValues<Fault>().Where(fault => !Only.TryGetValue(fault, out string[]? kinds) || kinds.Contains(kind))
            .Except(Without.GetValueOrDefault(kind, [])),
    ];

    private static FaultyCase Choose(Random random, string name)
    {
        string kind = FaultyApp.Kinds[random.Next(FaultyApp.Kinds.Length)];
        Fault[] faults = FaultsOf(kind);
        return new FaultyCase(name, kind, random.Next(1, 3), faults[random.Next(faults.Length)], random.Next(1, FaultyCase.Events));
    }

    private Task<KestrelApp> StartAsync(Action<WebApplicationBuilder>? services = null) => StartAsync(FaultyApp.Map, builder =>
    {
        builder.Services.AddSingleton(new FaultyStore(new InMemoryEventStore(new SseInMemoryEventStoreOptions(), TimeProvider.System)));
        builder.Services.AddSingleton<ISseEventStore>(services => services.GetRequiredService<FaultyStore>());
        builder.Services.AddSse(options => options.MaxConnections = Streams);
        builder.Services.AddControllers().AddApplicationPart(typeof(FaultyController).Assembly);
        services?.Invoke(builder);
    });

    private async Task CheckAsync(KestrelApp app, FaultyCase[] streams)
    {
        using var unobserved = new UnobservedExceptions(
            text => streams.Any(stream => text.Contains(stream.FailureMessage, StringComparison.Ordinal)));
        using var activities = new FaultyActivities(streams.Length);
        Logs.ExpectError(record => streams.Any(stream => IsOf(record, stream))
            || record.Id.Id is LogEventIds.ListenerFailed or LogEventIds.FailureEventFailed);
        using HttpClient http2 = app.CreateHttp2Client();
        await Task.WhenAll(streams.Select(stream => CheckStreamAsync(app, stream, stream.Http == 1 ? app.CreateClient() : http2)));
        await NothingIsLeftAsync(app);
        unobserved.AssertNone();
        await activities.AllStoppedAsync();
        await app.StopAsync();
        Assert.All(streams, AssertLogged);
    }

    private static async Task CheckStreamAsync(KestrelApp app, FaultyCase stream, HttpClient client)
    {
        FaultyEnd expected = FaultyEnd.Of(stream);
        if (stream.Kind == "several" && expected.IsClean == true)
        {
            await CheckReconnectsAsync(client, stream);
            return;
        }

        using var request = new HttpRequestMessage(stream.Method, stream.Path)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        using HttpResponseMessage? response = await TrySendAsync(client, request);
        if (response is null)
        {
            Assert.True(expected is { IsClean: false, AtLeast: 0 }, $"{stream}: no response");
            return;
        }

        if (expected.IsRefused)
        {
            Assert.True(response.StatusCode == HttpStatusCode.InternalServerError, $"{stream}: {response.StatusCode}");
            return;
        }

        (string[] events, bool isClean) = await ReadAsync(response, expected.LeavesAfter ?? int.MaxValue);

        // The events are those of this stream, in order, without holes or duplicates.
        AssertOwn(stream, events);
        Assert.True(expected.IsClean is not { } clean || clean == isClean, $"{stream}: clean {isClean} after {events.Length} events");
        Assert.True(events.Length >= expected.AtLeast && events.Length <= expected.AtMost, $"{stream}: {events.Length} events");
        if (isClean)
        {
            Assert.Equal("ordinary", await client.GetStringAsync("/ordinary").OrTimeout());
        }
    }

    // Disconnects after every second event and reconnects with its last id.
    private static async Task CheckReconnectsAsync(HttpClient http, FaultyCase stream)
    {
        List<string> events = [];
        string? lastEventId = null;
        while (events.Count < FaultyCase.Events)
        {
            await using StreamClient client = await StreamClient.ConnectAsync(http, stream.Path, lastEventId);
            Assert.True(client.Status == HttpStatusCode.OK, $"{stream}: {client.Status} after {events.Count} events");
            for (int i = 0; i < 2;)
            {
                SseItem<string> item = await client.NextAsync();
                if (!item.EventType.StartsWith("ssekit.", StringComparison.Ordinal))
                {
                    events.Add(item.Data);
                    i++;
                }
            }

            lastEventId = client.LastEventId;
        }

        AssertOwn(stream, [.. events]);
        await using StreamClient last = await StreamClient.ConnectAsync(http, stream.Path, lastEventId);
        Assert.Equal(HttpStatusCode.NoContent, last.Status);
    }

    // Each topic has its own order.
    private static void AssertOwn(FaultyCase stream, string[] events)
    {
        int topics = stream.Topics.Length;
        IEnumerable<string>[] ofTopics =
            [.. Enumerable.Range(0, topics).Select(topic => stream.Expected.Where((_, i) => i % topics == topic))];
        Assert.All(ofTopics, all =>
        {
            string[] own = [.. events.Where(all.Contains)];
            Assert.True(all.Take(own.Length).SequenceEqual(own), $"{stream}: {string.Join('|', events)}");
        });
        Assert.True(events.All(stream.Expected.Contains), $"{stream}: {string.Join('|', events)}");
    }

    // Null if the connection was broken before the headers arrived, which an abort may overtake.
    private static async Task<HttpResponseMessage?> TrySendAsync(HttpClient client, HttpRequestMessage request)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).OrTimeout();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static async Task<(string[] Events, bool IsClean)> ReadAsync(HttpResponseMessage response, int most)
    {
        List<string> events = [];
        try
        {
            await using IAsyncEnumerator<SseItem<string>> items =
                SseParser.Create(await response.Content.ReadAsStreamAsync().OrTimeout()).EnumerateAsync().GetAsyncEnumerator();
            while (events.Count < most && await items.MoveNextAsync().OrTimeout())
            {
                if (!items.Current.EventType.StartsWith("ssekit.", StringComparison.Ordinal))
                {
                    events.Add(items.Current.Data);
                }
            }

            return ([.. events], events.Count < most);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return ([.. events], false);
        }
    }

    // Every endpoint still works.
    private static async Task NothingIsLeftAsync(KestrelApp app)
    {
        StreamRuntime runtime = app.Services.GetRequiredService<StreamRuntime>();
        TopicRegistry topics = app.Services.GetRequiredService<TopicRegistry>();
        await TestTimeout.UntilAsync(IsEmpty);
        await Task.WhenAll(FaultyApp.Kinds.Select(kind =>
            CheckStreamAsync(app, new FaultyCase("after-" + kind, kind, 1, Fault.None, 0), app.CreateClient())));
        await TestTimeout.UntilAsync(IsEmpty);

        bool IsEmpty() => runtime.Registry is { Count: 0, Keys: 0, Running: 0 } && runtime.Schedule.Live == 0 && topics.Count == 0;
    }

    private void AssertLogged(FaultyCase stream)
    {
        if (!FaultyEnd.Of(stream).IsLogged)
        {
            return;
        }

        LogRecord[] records =
            [.. Logs.Records.Where(record => record is { Level: LogLevel.Error, Category: "SseKit" } && IsOf(record, stream))];
        LogRecord error = Assert.Single(records);
        Assert.Contains(FaultyApp.Prefix.TrimStart('/') + stream.Kind, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Logs.Records, record => record is { Level: LogLevel.Error } && record.Category != "SseKit" && IsOf(record, stream));
    }

    // The end is part of the text, because one name may be the beginning of another.
    private static bool IsOf(LogRecord record, FaultyCase stream) =>
        record.Exception?.ToString() is { } text
        && (text.Contains(stream.FailureMessage + Environment.NewLine, StringComparison.Ordinal)
            || text.Contains(stream.FailureMessage + ")", StringComparison.Ordinal));

    private static MeterListener ListenAndThrow(KestrelApp app, int seed)
    {
        IMeterFactory factory = app.Services.GetRequiredService<IMeterFactory>();
        var random = new Random(seed);
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "SseKit" && ReferenceEquals(instrument.Meter.Scope, factory))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, _, _) => ThrowSometimes());
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => ThrowSometimes());
        listener.Start();
        return listener;

        void ThrowSometimes()
        {
            lock (random)
            {
                if (random.Next(4) == 0)
                {
                    throw new InvalidOperationException("The listener fails.");
                }
            }
        }
    }

    private sealed class ThrowingLoggerProvider(int seed) : ILoggerProvider, ILogger
    {
        private readonly Random _random = new(seed);

        public ILogger CreateLogger(string categoryName) =>
            categoryName == "SseKit" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_random)
            {
                if (_random.Next(4) == 0)
                {
                    throw new InvalidOperationException("The logger fails.");
                }
            }
        }

        public void Dispose()
        {
        }
    }
}
