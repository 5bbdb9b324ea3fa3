using System.IO.Pipelines;

namespace SseKit.Benchmarks.Micro;

/// <summary>Discards all bytes, so that only the cost of writing them is measured.</summary>
internal sealed class DroppingPipeWriter : PipeWriter
{
    // The size of Kestrel's segments.
    private readonly byte[] _segment = new byte[4096];
    private int _used;
    private long _unflushed;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    public override void Advance(int bytes)
    {
        _used += bytes;
        _unflushed += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        if (_segment.Length - _used < Math.Max(1, sizeHint))
        {
            _used = 0;
        }

        return sizeHint <= _segment.Length ? _segment.AsMemory(_used) : new byte[sizeHint];
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        _used = 0;
        _unflushed = 0;
        return default;
    }

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }
}
