using Microsoft.Extensions.Options;

namespace SseKit.Sqlite.DependencyInjection;

/// <summary>Checks the options of the SQLite store and reports all faults at once.</summary>
internal sealed class SqliteEventStoreOptionsValidator : IValidateOptions<SseSqliteEventStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, SseSqliteEventStoreOptions options)
    {
        List<string> faults = [];
        Check(Enum.IsDefined(options.Synchronous), nameof(options.Synchronous), options.Synchronous, "Full or Normal");
        CheckCount(nameof(options.MaxEventsPerTopic), options.MaxEventsPerTopic);
        CheckCount(nameof(options.MaxBytesPerTopic), options.MaxBytesPerTopic);
        CheckCount(nameof(options.MaxEvents), options.MaxEvents);
        CheckCount(nameof(options.MaxBytes), options.MaxBytes);
        CheckCount(nameof(options.MaxTopics), options.MaxTopics);
        Check(
            options.MaxAge == Timeout.InfiniteTimeSpan
                || (options.MaxAge >= TimeSpan.FromSeconds(1) && options.MaxAge <= TimeSpan.FromDays(3650)),
            nameof(options.MaxAge),
            options.MaxAge,
            "1 second to 3650 days, or Timeout.InfiniteTimeSpan");
        Check(
            options.UpkeepInterval >= TimeSpan.FromMilliseconds(100) && options.UpkeepInterval <= TimeSpan.FromDays(1),
            nameof(options.UpkeepInterval),
            options.UpkeepInterval,
            "100 milliseconds to 1 day");
        Check(
            options.PollInterval >= TimeSpan.FromMilliseconds(10) && options.PollInterval <= TimeSpan.FromHours(1),
            nameof(options.PollInterval),
            options.PollInterval,
            "10 milliseconds to 1 hour");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void CheckCount(string option, long value) => Check(value >= 1, option, value, "at least 1");

        void Check(bool valid, string option, object value, string range)
        {
            if (!valid)
            {
                faults.Add($"SseSqliteEventStoreOptions.{option} is {value}, but must be {range}.");
            }
        }
    }
}
