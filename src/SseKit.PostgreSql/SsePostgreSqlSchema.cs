using Npgsql;

namespace SseKit;

/// <summary>Provides the script of the tables and functions that the PostgreSQL store uses.</summary>
public static class SsePostgreSqlSchema
{
    internal const int Version = 7;

    /// <summary>Returns the script that creates them, for apps with <c>CreateSchema = false</c>. It fails if they already exist.</summary>
    /// <param name="schema">The schema's name, as in <see cref="SsePostgreSqlEventStoreOptions.Schema"/>.</param>
    public static string CreateScript(string schema = "ssekit")
    {
        ArgumentException.ThrowIfNullOrEmpty(schema);
        using Stream resource = typeof(SsePostgreSqlSchema).Assembly.GetManifestResourceStream("create.sql")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd()
            .Replace("{version}", $"{Version}", StringComparison.Ordinal)
            .Replace("{body}", BodyQuote(schema), StringComparison.Ordinal)
            .Replace("{schema}", Quote(schema), StringComparison.Ordinal);
    }

    internal static string Quote(string identifier) => new NpgsqlCommandBuilder().QuoteIdentifier(identifier);

    // The bodies of functions contain the schema's name, which may contain any dollar quote.
    private static string BodyQuote(string schema)
    {
        string quote = "$body$";
        for (int i = 1; schema.Contains(quote, StringComparison.Ordinal); i++)
        {
            quote = $"$body{i}$";
        }

        return quote;
    }
}
