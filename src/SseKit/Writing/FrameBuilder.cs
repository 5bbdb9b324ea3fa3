using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Text.Unicode;

namespace SseKit.Writing;

/// <summary>Writes the parts of one frame into a buffer, in one span if the frame fits.</summary>
internal ref struct FrameBuilder
{
    // Kestrel's segments are 4 KB. A larger request allocates a separate array.
    private const int MaxSizeHint = 2048;
    private const int MaxUtf8BytesPerChar = 3;

    private readonly IBufferWriter<byte> _output;
    private Span<byte> _span;
    private int _used;
    private long _advanced;

    public FrameBuilder(IBufferWriter<byte> output, int maxLength)
    {
        _output = output;
        _span = output.GetSpan(Math.Min(maxLength, MaxSizeHint));
    }

    public void Write(scoped ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > _span.Length - _used)
        {
            int fits = _span.Length - _used;
            bytes[..fits].CopyTo(_span[_used..]);
            _used += fits;
            bytes = bytes[fits..];
            Grow(1);
        }

        bytes.CopyTo(_span[_used..]);
        _used += bytes.Length;
    }

    /// <summary>Writes text as UTF-8. A lone surrogate becomes U+FFFD.</summary>
    public void Write(scoped ReadOnlySpan<char> text)
    {
        while (true)
        {
            OperationStatus status = Utf8.FromUtf16(text, _span[_used..], out int read, out int written, replaceInvalidSequences: true);
            _used += written;
            if (status == OperationStatus.Done)
            {
                return;
            }

            Debug.Assert(status == OperationStatus.DestinationTooSmall, "Invalid sequences are replaced and the text is complete.");
            text = text[read..];
            Grow(MaxUtf8BytesPerChar + 1);
        }
    }

    public void Write(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        bool written = Utf8Formatter.TryFormat(number, digits, out int length);
        Debug.Assert(written, "Every long has at most 20 characters.");
        Write(digits[..length]);
    }

    /// <summary>Advances the output and returns the length of the frame in bytes.</summary>
    public readonly long Complete()
    {
        _output.Advance(_used);
        return _advanced + _used;
    }

    private void Grow(int sizeHint)
    {
        _output.Advance(_used);
        _advanced += _used;
        _span = _output.GetSpan(sizeHint);
        _used = 0;
    }
}
