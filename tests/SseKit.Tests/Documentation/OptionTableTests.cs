using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SseKit.Connections;

namespace SseKit.Tests.Documentation;

/// <summary>options.md is what the code says: every option, its default and its range; every convention.</summary>
public sealed class OptionTableTests
{
    private static readonly IReadOnlyList<OptionTable.Row> Rows = OptionTable.Read();

    private static readonly Assembly[] Assemblies =
    [
        typeof(SseOptions).Assembly, typeof(SseSqliteEventStoreOptions).Assembly, typeof(SsePostgreSqlEventStoreOptions).Assembly,
        typeof(SseRedisEventStoreOptions).Assembly, typeof(SseDashboardOptions).Assembly,
    ];

    private static readonly Dictionary<string, Type> OptionTypes = Assemblies.SelectMany(assembly => assembly.GetExportedTypes())
        .Where(type => type.Name.StartsWith("Sse", StringComparison.Ordinal) && type.Name.EndsWith("Options", StringComparison.Ordinal))
        .ToDictionary(type => type.Name);

    // The unset value of these means something that the table states instead.
    private static readonly HashSet<string> DefaultsInWords = ["SseOptions.DrainTimeout", "SseOptions.UserId", "SseTicketOptions.SelectUser"];

    // Null stands for it in the options, so that an endpoint can differ from one that set it.
    private static readonly TimeSpan DefaultRetry = (TimeSpan)typeof(ConnectionSettings)
        .GetField("DefaultRetry", BindingFlags.NonPublic | BindingFlags.Static)!.GetValue(null)!;

    public static TheoryData<string> AllOptions => [.. Documented];

    private static IEnumerable<string> Documented => Rows.Select(row => $"{row.Type}.{row.Option}");

    [Fact]
    public void Each_public_option_has_a_row()
    {
        IEnumerable<string> actual = OptionTypes.Values.SelectMany(type => type
            .GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(property => property.SetMethod is { IsPublic: true }).Select(property => $"{type.Name}.{property.Name}"));

        Assert.Equal(actual.Order(StringComparer.Ordinal), Documented.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(AllOptions))]
    public void The_documented_default_is_the_real_one(string option)
    {
        (OptionTable.Row row, PropertyInfo property, object options) = Find(option);
        if (DefaultsInWords.Contains(option))
        {
            return;
        }

        object? value = option == "SseOptions.Retry" ? DefaultRetry : property.GetValue(options);
        string expected = Describe(property, value);

        Assert.True(row.DefaultIs(expected), $"{option} is {expected} by default, and not {row.Default}.");
    }

    [Theory]
    [MemberData(nameof(AllOptions))]
    public void The_documented_range_is_the_accepted_one(string option)
    {
        (OptionTable.Row row, PropertyInfo property, object options) = Find(option);
        Type type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (row.Interval is not var (least, most))
        {
            return;
        }

        Assert.True(Accepts(OptionTable.ParseValue(least, type)), $"{least} is refused.");
        Assert.True(Accepts(OptionTable.ParseValue(most, type)), $"{most} is refused.");
        Assert.False(Accepts(Step(OptionTable.ParseValue(least, type), -1)), $"Less than {least} is accepted.");
        Assert.False(Accepts(Step(OptionTable.ParseValue(most, type), 1)), $"More than {most} is accepted.");
        if (type == typeof(TimeSpan))
        {
            Assert.Equal(row.MayBeInfinite, Accepts(Timeout.InfiniteTimeSpan));
        }

        // Null stands for a value that the type cannot hold.
        bool Accepts(object? value)
        {
            if (value is null)
            {
                return false;
            }

            property.SetValue(options, value);
            return IsValid(options);
        }
    }

    [Fact]
    public void Each_interval_of_a_number_or_time_is_checked()
    {
        IEnumerable<string> notChecked = Documented.Select(Find)
            .Where(each => each.Property.PropertyType == typeof(TimeSpan) || each.Property.PropertyType == typeof(int)
                || each.Property.PropertyType == typeof(long) || each.Property.PropertyType == typeof(TimeSpan?))
            .Where(each => each.Row.Interval is null).Select(each => $"{each.Row.Type}.{each.Row.Option}");

        Assert.Empty(notChecked);
    }

    [Fact]
    public void Each_convention_has_a_row()
    {
        IEnumerable<string> actual = Assemblies[0].GetExportedTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Select(method => method.Name)
            .Where(name => name.StartsWith("WithSse", StringComparison.Ordinal) || name.StartsWith("ProducesSse", StringComparison.Ordinal));

        IEnumerable<string> documented = MarkdownDocument.Read("src/docs/options.md").Prose
            .Where(line => line.StartsWith("| `.", StringComparison.Ordinal)).Select(line => line[4..line.IndexOfAny(['(', '<'])]);

        Assert.Equal(actual.Distinct().Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    private static (OptionTable.Row Row, PropertyInfo Property, object Options) Find(string option)
    {
        OptionTable.Row row = Rows.Single(each => $"{each.Type}.{each.Option}" == option);
        Type type = OptionTypes[row.Type];
        return (row, type.GetProperty(row.Option)!, Activator.CreateInstance(type)!);
    }

    private static string Describe(PropertyInfo property, object? value) => value switch
    {
        null => "none",
        CancellationToken { CanBeCanceled: false } => "none",
        TimeSpan time => DescribeTime(time),
        bool flag => flag ? "true" : "false",
        int or long when property.Name.Contains("Bytes") || property.Name.Contains("Size") => DescribeSize(
            Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        int or long => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        string or Enum => $"`{value}`",
        SseReplayStart start => $"`{(start == SseReplayStart.Latest ? "Latest" : start == SseReplayStart.Earliest ? "Earliest" : "?")}`",
        System.Collections.ICollection { Count: 0 } => "empty",
        _ => $"a {value.GetType()}, which this test cannot describe",
    };

    private static string DescribeTime(TimeSpan time) => time switch
    {
        _ when time == Timeout.InfiniteTimeSpan => "infinite",
        { Days: 1 } when time.Ticks % TimeSpan.TicksPerDay == 0 => "1 day",
        _ when time.Ticks % TimeSpan.TicksPerDay == 0 => $"{time.Days} days",
        _ when time.Ticks % TimeSpan.TicksPerHour == 0 => $"{time.TotalHours} h",
        _ when time.Ticks % TimeSpan.TicksPerMinute == 0 => $"{time.TotalMinutes} min",
        _ when time.Ticks % TimeSpan.TicksPerSecond == 0 => $"{time.TotalSeconds} s",
        _ => $"{time.TotalMilliseconds} ms",
    };

    private static string DescribeSize(long bytes) => bytes switch
    {
        _ when bytes % (1024 * 1024 * 1024) == 0 => $"{bytes >> 30} GiB",
        _ when bytes % (1024 * 1024) == 0 => $"{bytes >> 20} MiB",
        _ => $"{bytes}",
    };

    private static object? Step(object value, int by) => value switch
    {
        TimeSpan time => time + TimeSpan.FromTicks(by),
        int number when number == (by > 0 ? int.MaxValue : int.MinValue) => null,
        int number => number + by,
        long number when number == (by > 0 ? long.MaxValue : long.MinValue) => null,
        long number => number + by,
        _ => throw new ArgumentException($"{value} has no neighbours.", nameof(value)),
    };

    private static bool IsValid(object options) => options switch
    {
        SseTicketOptions ticket => Succeeds(ticket.Validate),
        SseReplayOptions replay => Succeeds(() => Map(replay)),
        SseOptions => Validate<SseOptions>(options, sse => { }),
        SseInMemoryEventStoreOptions => Validate<SseInMemoryEventStoreOptions>(options, sse => sse.AddInMemoryEventStore()),
        SseSqliteEventStoreOptions => Validate<SseSqliteEventStoreOptions>(options, sse => sse.AddSqliteEventStore("unused.db")),
        SsePostgreSqlEventStoreOptions => Validate<SsePostgreSqlEventStoreOptions>(options, sse => sse.AddPostgreSqlEventStore("Host=unused")),
        SseRedisEventStoreOptions => Validate<SseRedisEventStoreOptions>(options, sse => sse.AddRedisEventStore("unused")),
        _ => throw new ArgumentException($"{options.GetType()} has an interval and no validation here.", nameof(options)),
    };

    private static bool Validate<T>(object options, Action<ISseBuilder> addStore)
        where T : class
    {
        var services = new ServiceCollection();
        addStore(services.AddSse());
        using ServiceProvider provider = services.BuildServiceProvider();
        IEnumerable<IValidateOptions<T>> validators = provider.GetServices<IValidateOptions<T>>();
        Assert.NotEmpty(validators);
        return validators.All(validator => !validator.Validate(Options.DefaultName, (T)options).Failed);
    }

    private static void Map(SseReplayOptions options)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSse();
        WebApplication app = builder.Build();
        app.MapSse("/", (events, ct) => Task.CompletedTask).WithSseReplay("topic", replay =>
        {
            replay.StopWithoutFollowersAfter = options.StopWithoutFollowersAfter;
            replay.LeaseDuration = options.LeaseDuration;
            replay.MaxRequestBodySize = options.MaxRequestBodySize;
        });
    }

    private static bool Succeeds(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
