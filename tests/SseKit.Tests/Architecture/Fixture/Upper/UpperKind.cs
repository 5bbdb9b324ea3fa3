namespace SseKit.Tests.Architecture.Fixture.Upper;

/// <summary>Has no method, so only the symbols of the type itself contain its folder.</summary>
internal enum UpperKind
{
    None,
}
