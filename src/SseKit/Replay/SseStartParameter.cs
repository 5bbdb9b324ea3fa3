using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace SseKit;

/// <summary>
/// Creates functions for <see cref="SseReplayOptions.RequestedStart"/> that read the start of a client from a query parameter.
/// </summary>
/// <remarks>A request without the parameter names no start. One whose value is invalid is refused with status 400.</remarks>
public static class SseStartParameter
{
    /// <summary>
    /// Reads the number of the last event that the client has, as <c>starting_after</c> of OpenAI's background responses.
    /// </summary>
    /// <param name="name">The name of the query parameter.</param>
    /// <param name="firstNumber">The number of the first event.</param>
    public static Func<HttpContext, SseReplayStart?> After(string name, long firstNumber = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(firstNumber);
        return context => Number(context, name, firstNumber, long.MaxValue - 1) is { } last
            ? SseReplayStart.After(last - firstNumber + 1)
            : null;
    }

    /// <summary>
    /// Reads the index of the first event that the client needs, from 0, or from the end if it is negative, as <c>startIndex</c> of AI SDK
    /// workflows.
    /// </summary>
    /// <param name="name">The name of the query parameter.</param>
    public static Func<HttpContext, SseReplayStart?> Index(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return context => Number(context, name, -int.MaxValue, long.MaxValue) switch
        {
            null => null,
            < 0 and var fromEnd => SseReplayStart.Last((int)-fromEnd),
            { } index => SseReplayStart.After(index),
        };
    }

    /// <summary>Reads a request for everything from the beginning, as <c>offset=-1</c> of TanStack AI.</summary>
    /// <param name="name">The name of the query parameter.</param>
    /// <param name="value">The only value that it may have.</param>
    public static Func<HttpContext, SseReplayStart?> Beginning(string name, string value = "-1")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(value);
        return context => context.Request.Query[name] switch
        {
            { Count: 0 } => null,
            { Count: 1 } given when given[0] == value => SseReplayStart.After(0),
            var given => throw Invalid(name, given, $"it must be {value}"),
        };
    }

    private static long? Number(HttpContext context, string name, long min, long max)
    {
        StringValues given = context.Request.Query[name];
        if (given.Count == 0)
        {
            return null;
        }

        return given.Count == 1
            && long.TryParse(given[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
            && number >= min
            && number <= max
            ? number
            : throw Invalid(name, given, $"it must be a whole number from {min} to {max}");
    }

    private static BadHttpRequestException Invalid(string name, StringValues given, string allowed) =>
        new($"The query parameter '{name}' is '{given}', but {allowed}.", StatusCodes.Status400BadRequest);
}
