using Microsoft.Extensions.Options;

namespace SseKit.DependencyInjection;

/// <summary>Checks the options of the file log and reports all faults at once.</summary>
internal sealed class SseFileStoreOptionsValidator : IValidateOptions<SseFileStoreOptions>
{
    private const int MinSegmentSize = 64 * 1024;
    private const int MaxSegmentSize = 1024 * 1024 * 1024;

    public ValidateOptionsResult Validate(string? name, SseFileStoreOptions options)
    {
        List<string> faults = [];
        Check(Enum.IsDefined(options.Sync), nameof(options.Sync), options.Sync, "EveryAppend, Interval or None");
        Check(
            options.SyncInterval >= TimeSpan.FromMilliseconds(1) && options.SyncInterval <= TimeSpan.FromHours(1),
            nameof(options.SyncInterval),
            options.SyncInterval,
            "1 millisecond to 1 hour");
        Check(
            options.SegmentSize is >= MinSegmentSize and <= MaxSegmentSize,
            nameof(options.SegmentSize),
            options.SegmentSize,
            $"{MinSegmentSize} to {MaxSegmentSize}");
        CheckCount(nameof(options.MaxEventsPerTopic), options.MaxEventsPerTopic);
        CheckCount(nameof(options.MaxBytesPerTopic), options.MaxBytesPerTopic);
        CheckCount(nameof(options.MaxEvents), options.MaxEvents);
        CheckCount(nameof(options.MaxBytes), options.MaxBytes);
        CheckCount(nameof(options.MaxTopics), options.MaxTopics);
        Check(
            options.MaxAge == Timeout.InfiniteTimeSpan || (options.MaxAge >= TimeSpan.FromSeconds(1) && options.MaxAge <= TimeSpan.FromDays(3650)),
            nameof(options.MaxAge),
            options.MaxAge,
            "1 second to 3650 days, or Timeout.InfiniteTimeSpan");
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void CheckCount(string option, long value) => Check(value >= 1, option, value, "at least 1");

        void Check(bool fine, string option, object value, string range)
        {
            if (!fine)
            {
                faults.Add($"SseFileStoreOptions.{option} is {value}, but must be {range}.");
            }
        }
    }
}
