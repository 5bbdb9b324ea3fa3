namespace SseKit.Tests.Architecture.Fixture.Upper;

/// <summary>Has no method, so only the symbols of the type itself say where it stands.</summary>
internal enum UpperKind
{
    None,
}
