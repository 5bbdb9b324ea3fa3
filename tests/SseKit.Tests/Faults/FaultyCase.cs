using Microsoft.AspNetCore.Http;

namespace SseKit.Tests.Faults;

/// <summary>
/// One stream of the model: its events and its fault. Its name is in each of its events and in its failure.
/// </summary>
/// <param name="Name">Identifies it.</param>
/// <param name="Kind">The endpoint.</param>
/// <param name="Http">1 or 2.</param>
/// <param name="Fault">The fault.</param>
/// <param name="At">The number of events before the fault.</param>
public sealed record FaultyCase(string Name, string Kind, int Http, Fault Fault, int At)
{
    public const int Events = 6;

    /// <summary>The beginning of the names of topics.</summary>
    public const string Prefix = "faulty-";

    public string Path => $"{FaultyApp.Prefix}{Kind}?name={Name}&fault={Fault}&at={At}";

    public HttpMethod Method => Kind == "post" ? HttpMethod.Post : HttpMethod.Get;

    /// <summary>The topics of its events, if there are any. Events go to them in turn.</summary>
    public string[] Topics => Kind == "several" ? [Prefix + Name + "-0", Prefix + Name + "-1"] : [Prefix + Name];

    public string[] Expected => [.. Enumerable.Range(0, Events).Select(DataOf)];

    /// <summary>The request for it.</summary>
    public static FaultyCase Of(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        return new FaultyCase(
            query["name"].ToString(),
            context.Request.Path.Value![FaultyApp.Prefix.Length..],
            HttpProtocol.IsHttp2(context.Request.Protocol) ? 2 : 1,
            Enum.Parse<Fault>(query["fault"].ToString()),
            int.Parse(query["at"].ToString(), System.Globalization.CultureInfo.InvariantCulture));
    }

    public override string ToString() => $"{Name} {Kind} http/{Http} {Fault} at {At}";

    public string DataOf(int i) => $"{{\"name\":\"{Name}\",\"number\":{i}}}";

    public Exception Failure() => new InvalidOperationException(FailureMessage);

    public string FailureMessage => $"fault of {Name}";

    public void ThrowIf(Fault fault)
    {
        if (Fault == fault)
        {
            throw Failure();
        }
    }
}
