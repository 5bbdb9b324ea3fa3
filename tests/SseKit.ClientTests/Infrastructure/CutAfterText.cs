namespace SseKit.ClientTests.Infrastructure;

/// <summary>A break after a text, which may arrive in two pieces.</summary>
internal sealed class CutAfterText(byte[] text) : ICut
{
    private byte[] _seen = [];

    public int? Find(ReadOnlySpan<byte> received)
    {
        _seen = [.. _seen, .. received];
        return _seen.AsSpan().IndexOf(text) >= 0 ? received.Length : null;
    }
}
