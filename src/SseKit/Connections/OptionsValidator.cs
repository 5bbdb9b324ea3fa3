using System.Net.ServerSentEvents;
using Microsoft.Extensions.Options;
using SseKit.Writing;

namespace SseKit.Connections;

/// <summary>Validates every option and reports all faults at once, each with its value and its range.</summary>
internal sealed class OptionsValidator : IValidateOptions<SseOptions>
{
    private const int MinEventSize = 1024;
    private const int MaxEventSize = 1024 * 1024 * 1024;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public ValidateOptionsResult Validate(string? name, SseOptions options)
    {
        List<string> faults = [];
        CheckTime(nameof(options.HeartbeatInterval), options.HeartbeatInterval, Shortest, Hour, mayBeInfinite: true);
        CheckTime(nameof(options.WriteTimeout), options.WriteTimeout, Shortest, Hour, mayBeInfinite: true);
        CheckTime(
            nameof(options.MaxConnectionLifetime), options.MaxConnectionLifetime, Shortest, TimeSpan.FromDays(30), mayBeInfinite: true);
        CheckTime(
            nameof(options.OverloadRetry), options.OverloadRetry, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), mayBeInfinite: false);
        CheckTime(
            nameof(options.RevalidateInterval),
            options.RevalidateInterval,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromDays(1),
            mayBeInfinite: true);
        CheckTime(nameof(options.ShutdownRetry), options.ShutdownRetry, Shortest, Hour, mayBeInfinite: false);
        CheckTime(
            nameof(options.DrainTimeout), options.DrainTimeout ?? TimeSpan.Zero, TimeSpan.Zero, Hour, mayBeInfinite: false);
        CheckCount(nameof(options.MaxConnections), options.MaxConnections, 1, int.MaxValue);
        CheckCount(nameof(options.MaxRuns), options.MaxRuns, 1, int.MaxValue);
        CheckCount(nameof(options.MaxEventSize), options.MaxEventSize, MinEventSize, MaxEventSize);
        if (options.UserId is null)
        {
            faults.Add("SseOptions.UserId is null; a function that returns null names no user.");
        }

        CheckRetry();
        CheckEvent(nameof(options.HeartbeatEvent), options.HeartbeatEvent);
        CheckEvent(nameof(options.Terminator), options.Terminator);
        CheckGapPolicy();
        CheckShutdownEnd();
        CheckReplayStart();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);

        void CheckTime(string option, TimeSpan value, TimeSpan min, TimeSpan max, bool mayBeInfinite)
        {
            if ((value < min || value > max) && !(mayBeInfinite && value == Timeout.InfiniteTimeSpan))
            {
                string orInfinite = mayBeInfinite ? ", or Timeout.InfiniteTimeSpan" : "";
                faults.Add($"SseOptions.{option} is {value}, but must be {min} to {max}{orInfinite}.");
            }
        }

        void CheckCount(string option, int value, int min, int max)
        {
            if (value < min || value > max)
            {
                faults.Add($"SseOptions.{option} is {value}, but must be {min} to {max}.");
            }
        }

        void CheckRetry()
        {
            if (options.Retry is { } retry)
            {
                Catch(nameof(options.Retry), () => FieldValidation.CheckRetry(retry, nameof(options.Retry)));
            }
        }

        void CheckEvent(string option, SseItem<string>? value)
        {
            if (value is not { } item)
            {
                return;
            }

            Catch(option, () => EventFields.ForItem(item));
            if (item.Data is null)
            {
                faults.Add($"SseOptions.{option} has no data; an event without data reaches no listener.");
            }
            else
            {
                Catch(option, () => EventSize.CheckUtf8(item.Data, options.MaxEventSize));
            }

            // The client would store its id as the last event id and resume from there (I4).
            if (item.EventId is not null)
            {
                faults.Add($"SseOptions.{option} has an id; it must not change the client's last event id.");
            }
        }

        void CheckGapPolicy()
        {
            if (!Enum.IsDefined(options.GapPolicy))
            {
                faults.Add(
                    $"SseOptions.{nameof(options.GapPolicy)} is {options.GapPolicy}, but must be one of: "
                    + $"{string.Join(", ", Enum.GetNames<SseGapPolicy>())}.");
            }
        }

        void CheckShutdownEnd()
        {
            if (!Enum.IsDefined(options.ShutdownEnd))
            {
                faults.Add(
                    $"SseOptions.{nameof(options.ShutdownEnd)} is {options.ShutdownEnd}, but must be one of: "
                    + $"{string.Join(", ", Enum.GetNames<SseShutdownEnd>())}.");
            }
        }

        void CheckReplayStart()
        {
            if (options.ReplayStart.AfterEvent is not null)
            {
                faults.Add(
                    $"SseOptions.{nameof(options.ReplayStart)} is '{options.ReplayStart}', but an ordinal belongs to one topic: "
                    + "set SseFollowOptions.StartAt.");
            }
        }

        void Catch(string option, Action check)
        {
            try
            {
                check();
            }
            catch (ArgumentException exception)
            {
                faults.Add($"SseOptions.{option}: {exception.Message}");
            }
        }
    }
}

/// <summary>Throws the exception of the framework's options for invalid options.</summary>
internal static class OptionsFaults
{
    public static void ThrowIfAny(SseOptions options)
    {
        ValidateOptionsResult result = new OptionsValidator().Validate(Options.DefaultName, options);
        if (result.Failed)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(SseOptions), result.Failures);
        }
    }
}
