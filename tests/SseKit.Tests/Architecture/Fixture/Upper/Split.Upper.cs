namespace SseKit.Tests.Architecture.Fixture.Lower;

internal sealed partial class Split
{
    public Upper.UpperType UpperPart() => new();
}
