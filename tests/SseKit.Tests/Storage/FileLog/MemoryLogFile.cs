using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>A file of <see cref="MemoryLogFiles"/>. It outlives its closing, as on a disk.</summary>
internal sealed class MemoryLogFile(MemoryLogFiles files, byte[] bytes) : ISseLogFile
{
    private readonly Lock _gate = new();
    private byte[] _bytes = [.. bytes];
    private byte[] _durable = [.. bytes];

    public long Length => Bytes.Length;

    public byte[] Bytes
    {
        get
        {
            lock (_gate)
            {
                return [.. _bytes];
            }
        }

        set
        {
            lock (_gate)
            {
                _bytes = value;
            }
        }
    }

    public byte[] DurableBytes
    {
        get
        {
            lock (_gate)
            {
                return [.. _durable];
            }
        }
    }

    public int Read(Span<byte> buffer, long offset)
    {
        lock (_gate)
        {
            int length = (int)Math.Clamp(_bytes.Length - offset, 0, buffer.Length);
            _bytes.AsSpan((int)offset, length).CopyTo(buffer);
            return length;
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        // A disk that is full takes the part that fits.
        long free = files.Capacity - files.Used + Math.Max(0, Length - offset);
        ReadOnlySpan<byte> fitting = bytes[..(int)Math.Clamp(free, 0, bytes.Length)];
        lock (_gate)
        {
            Array.Resize(ref _bytes, (int)Math.Max(_bytes.Length, offset + fitting.Length));
            fitting.CopyTo(_bytes.AsSpan((int)offset));
        }

        if (fitting.Length < bytes.Length)
        {
            throw new IOException("No space left on device.");
        }
    }

    public void Flush()
    {
        files.BeginFlush();
        lock (_gate)
        {
            _durable = [.. _bytes];
        }
    }

    public void Truncate(long length)
    {
        lock (_gate)
        {
            Array.Resize(ref _bytes, (int)length);
        }
    }

    public void Dispose()
    {
    }
}
