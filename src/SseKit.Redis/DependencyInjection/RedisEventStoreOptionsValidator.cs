using Microsoft.Extensions.Options;

namespace SseKit.Redis;

/// <summary>Checks the options of the Redis store and reports all faults at once.</summary>
internal sealed class RedisEventStoreOptionsValidator : IValidateOptions<SseRedisEventStoreOptions>
{
    private const int MaxPrefixLength = 100;

    private static readonly TimeSpan TenYears = TimeSpan.FromDays(3650);

    public ValidateOptionsResult Validate(string? name, SseRedisEventStoreOptions options)
    {
        List<string> faults = [];
        if (!IsPrefix(options.KeyPrefix))
        {
            faults.Add(
                $"SseRedisEventStoreOptions.KeyPrefix is '{options.KeyPrefix}', but must have 1 to {MaxPrefixLength} printable ASCII "
                + "characters other than spaces and braces.");
        }

        CheckCount(nameof(options.MaxEventsPerTopic), options.MaxEventsPerTopic);
        CheckCount(nameof(options.MaxBytesPerTopic), options.MaxBytesPerTopic);
        CheckTime(nameof(options.MaxAge), options.MaxAge, TimeSpan.FromSeconds(1), TenYears, mayBeInfinite: true);
        CheckTime(nameof(options.ForgetTopicsAfter), options.ForgetTopicsAfter, TimeSpan.FromSeconds(1), TenYears, mayBeInfinite: true);
        CheckTime(nameof(options.UpkeepInterval), options.UpkeepInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
        CheckTime(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromHours(1));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void CheckCount(string option, long value)
        {
            if (value < 1)
            {
                faults.Add($"SseRedisEventStoreOptions.{option} is {value}, but must be at least 1.");
            }
        }

        void CheckTime(string option, TimeSpan value, TimeSpan least, TimeSpan most, bool mayBeInfinite = false)
        {
            bool infinite = mayBeInfinite && value == Timeout.InfiniteTimeSpan;
            if (!infinite && (value < least || value > most))
            {
                faults.Add(
                    $"SseRedisEventStoreOptions.{option} is {value}, but must be {least} to {most}"
                    + $"{(mayBeInfinite ? ", or Timeout.InfiniteTimeSpan" : "")}.");
            }
        }
    }

    // Braces would replace the hash tags that keep the keys of a topic on one node of a cluster.
    private static bool IsPrefix(string? prefix) =>
        prefix is { Length: >= 1 and <= MaxPrefixLength } && prefix.All(each => each is > ' ' and < '\u007F' and not '{' and not '}');
}
