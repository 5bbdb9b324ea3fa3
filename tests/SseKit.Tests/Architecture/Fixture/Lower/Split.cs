namespace SseKit.Tests.Architecture.Fixture.Lower;

/// <summary>One type in two folders: each part is checked by its own folder.</summary>
internal sealed partial class Split
{
    public Split LowerPart() => this;

    public object ReferencesTheOtherPart() => UpperPart();
}
