using Microsoft.Extensions.Options;

namespace SseKit.DependencyInjection;

/// <summary>Checks the bounds of the in-memory store and reports all faults at once.</summary>
internal sealed class InMemoryEventStoreOptionsValidator : IValidateOptions<SseInMemoryEventStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, SseInMemoryEventStoreOptions options)
    {
        List<string> faults = [];
        CheckCount(nameof(options.MaxEventsPerTopic), options.MaxEventsPerTopic);
        CheckCount(nameof(options.MaxBytesPerTopic), options.MaxBytesPerTopic);
        CheckCount(nameof(options.MaxBytes), options.MaxBytes);
        CheckCount(nameof(options.MaxTopics), options.MaxTopics);
        if (options.MaxAge != Timeout.InfiniteTimeSpan
            && (options.MaxAge < TimeSpan.FromSeconds(1) || options.MaxAge > TimeSpan.FromDays(365)))
        {
            faults.Add(
                $"SseInMemoryEventStoreOptions.MaxAge is {options.MaxAge}, but must be 1 second to 365 days, or Timeout.InfiniteTimeSpan.");
        }

        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void CheckCount(string option, long value)
        {
            if (value < 1)
            {
                faults.Add($"SseInMemoryEventStoreOptions.{option} is {value}, but must be at least 1.");
            }
        }
    }
}
