using SseKit.Tests.Architecture.Fixture.Upper;

namespace SseKit.Tests.Architecture.Fixture.Lower;

internal sealed class ReferencesByBase : UpperType;

internal interface IReferencesByInterface : IEnumerable<UpperType>;

internal delegate void ReferencesByDelegate(UpperKind kind);

internal abstract class ReferencesByConstraint<T>
    where T : UpperType
{
    public T? Value { get; set; }
}

internal sealed class ReferencesByField
{
    public Dictionary<string, UpperKind[]> Kinds = [];
}
