using System.Text;
using Microsoft.Extensions.Options;

namespace SseKit.PostgreSql;

/// <summary>Checks the options of the PostgreSQL store and reports all faults at once.</summary>
internal sealed class PostgreSqlEventStoreOptionsValidator : IValidateOptions<SsePostgreSqlEventStoreOptions>
{
    // PostgreSQL truncates names at 63 bytes, and the channel's name is a prefix and the schema's name.
    private const int MaxSchemaBytes = 50;

    private static readonly TimeSpan TenYears = TimeSpan.FromDays(3650);

    public ValidateOptionsResult Validate(string? name, SsePostgreSqlEventStoreOptions options)
    {
        List<string> faults = [];
        if (string.IsNullOrEmpty(options.Schema) || !IsSchemaName(options.Schema))
        {
            faults.Add(
                $"SsePostgreSqlEventStoreOptions.Schema is '{options.Schema}', but must have 1 to {MaxSchemaBytes} bytes in UTF-8, "
                + "without NUL, and must not begin with pg_.");
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
                faults.Add($"SsePostgreSqlEventStoreOptions.{option} is {value}, but must be at least 1.");
            }
        }

        void CheckTime(string option, TimeSpan value, TimeSpan least, TimeSpan most, bool mayBeInfinite = false)
        {
            bool infinite = mayBeInfinite && value == Timeout.InfiniteTimeSpan;
            if (!infinite && (value < least || value > most))
            {
                faults.Add(
                    $"SsePostgreSqlEventStoreOptions.{option} is {value}, but must be {least} to {most}"
                    + $"{(mayBeInfinite ? ", or Timeout.InfiniteTimeSpan" : "")}.");
            }
        }
    }

    // PostgreSQL reserves names that begin with pg_.
    private static bool IsSchemaName(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        return bytes.Length <= MaxSchemaBytes
            && !bytes.Contains((byte)0)
            && Encoding.UTF8.GetString(bytes) == name
            && !name.StartsWith("pg_", StringComparison.Ordinal);
    }
}
