using System.Reflection;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;

namespace SseKit.Endpoints.Mapping;

/// <summary>Describes a parameter by which a client resumes, which no handler binds.</summary>
internal sealed class ResumingMetadata : IParameterBindingMetadata
{
    public static readonly ResumingMetadata Header = new(0);

    public static readonly ResumingMetadata Query = new(1);

    private ResumingMetadata(int index) => ParameterInfo = ((Action<string?, string?>)Parameters).Method.GetParameters()[index];

    public ParameterInfo ParameterInfo { get; }

    public string Name => NameOf(this);

    public bool HasTryParse => false;

    public bool HasBindAsync => false;

    public bool IsOptional => true;

    /// <summary>Returns whether a parameter of the app's handler binds the same value.</summary>
    public bool IsSame(IParameterBindingMetadata other) => string.Equals(NameOf(other), Name, StringComparison.OrdinalIgnoreCase);

    private static string NameOf(IParameterBindingMetadata parameter) => parameter.ParameterInfo.GetCustomAttributes()
        .Select(attribute => (attribute as IFromHeaderMetadata)?.Name ?? (attribute as IFromQueryMetadata)?.Name)
        .FirstOrDefault(name => name is not null) ?? parameter.ParameterInfo.Name ?? "";

    private static void Parameters(
        [FromHeader(Name = "Last-Event-ID")] string? lastEventIdHeader, [FromQuery(Name = "lastEventId")] string? lastEventId)
    {
    }
}
