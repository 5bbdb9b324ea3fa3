using SseKit.Tests.Architecture.Fixture.Upper;

namespace SseKit.Tests.Architecture.Fixture.Lower;

internal sealed class KnowsByBase : UpperType;

internal interface IKnowsByInterface : IEnumerable<UpperType>;

internal delegate void KnowsByDelegate(UpperKind kind);

internal abstract class KnowsByConstraint<T>
    where T : UpperType
{
    public T? Value { get; set; }
}

internal sealed class KnowsByField
{
    public Dictionary<string, UpperKind[]> Kinds = [];
}
