using System.Text.RegularExpressions;

namespace SseKit.Tests.Infrastructure;

/// <summary>The first line of every GET stream: the time after which the client reconnects, which differs for each.</summary>
public static partial class PreambleExtensions
{
    /// <summary>The body without it. A body that does not begin with it fails the test.</summary>
    public static string AfterPreamble(this string body)
    {
        Match preamble = Preamble().Match(body);
        Assert.True(preamble.Success, $"The stream does not begin with its retry: '{body}'.");
        return body[preamble.Length..];
    }

    [GeneratedRegex(@"\Aretry: [1-9][0-9]*\n")]
    private static partial Regex Preamble();
}
