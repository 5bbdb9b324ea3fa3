using System.Reflection;
using System.Text.RegularExpressions;
using SseKit.Tests.Documentation;

namespace SseKit.Tests.Architecture;

/// <summary>Each line of BannedSymbols.txt bans something: a name that does not exist bans nothing, without a warning.</summary>
public sealed partial class BannedSymbolTests
{
    private static readonly string[][] Lines =
    [
        .. RepositoryFiles.Read("src/BannedSymbols.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(';', 2)),
    ];

    public static TheoryData<string> Symbols => [.. Lines.Select(line => line[0])];

    [Theory]
    [MemberData(nameof(Symbols))]
    public void A_banned_symbol_exists(string symbol)
    {
        Match parts = Symbol().Match(symbol);
        Type type = typeof(object).Assembly.GetType(parts.Groups["type"].Value, throwOnError: true)!;

        Assert.Contains(symbol, type.GetMembers().Where(member => member is MethodInfo or PropertyInfo).Select(DocumentationId.Of));
    }

    [Fact]
    public void A_replacement_that_a_message_names_exists()
    {
        IEnumerable<string> named = Lines.SelectMany(line => Replacement().Matches(line[1])).Select(match => match.Groups[1].Value);

        Assert.NotEmpty(named);
        Assert.Subset(typeof(SseOptions).Assembly.GetTypes().Select(type => type.Name).ToHashSet(), named.ToHashSet());
    }

    [GeneratedRegex(@"^[MP]:(?<type>[\w.]+)\.\w+(\(|$)")]
    private static partial Regex Symbol();

    [GeneratedRegex(@"\buse (\w+)")]
    private static partial Regex Replacement();
}
