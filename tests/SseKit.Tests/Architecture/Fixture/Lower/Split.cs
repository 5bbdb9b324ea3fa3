namespace SseKit.Tests.Architecture.Fixture.Lower;

/// <summary>One type in two folders: each part is judged by where it stands.</summary>
internal sealed partial class Split
{
    public Split LowerPart() => this;

    public object KnowsTheOtherPart() => UpperPart();
}
