using SseKit.Storage.FileLog;

namespace SseKit.Tests.Storage.FileLog;

/// <summary>
/// A directory on a disk that fails on demand, and that knows what of it a power failure would leave. Thread-safe.
/// </summary>
internal sealed class MemoryLogFiles : ISseLogFiles
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, MemoryLogFile> _files = [];
    private Dictionary<string, MemoryLogFile> _durable = [];
    private bool _locked;

    public string Path => "/memory";

    public Guid Boot { get; private init; } = Guid.NewGuid();

    /// <summary>How many bytes fit on the disk.</summary>
    public long Capacity { get; set; } = long.MaxValue;

    /// <summary>Whether flushes fail. What was written meanwhile is lost with the machine.</summary>
    public bool FlushFails { get; set; }

    public int Flushes { get; private set; }

    /// <summary>Runs within each flush.</summary>
    public Action? Flushing { get; set; }

    public long Used
    {
        get
        {
            lock (_gate)
            {
                return _files.Values.Sum(file => file.Length);
            }
        }
    }

    public MemoryLogFile this[string name]
    {
        get
        {
            lock (_gate)
            {
                return _files[name];
            }
        }
    }

    /// <summary>What the next process finds after this one was killed.</summary>
    public MemoryLogFiles AfterKill()
    {
        lock (_gate)
        {
            return new MemoryLogFiles(_files, static file => file.Bytes, Boot);
        }
    }

    /// <summary>What the next process finds after a power failure.</summary>
    public MemoryLogFiles AfterPowerFailure()
    {
        lock (_gate)
        {
            return new MemoryLogFiles(_durable, static file => file.DurableBytes, Guid.NewGuid());
        }
    }

    public MemoryLogFiles()
    {
    }

    private MemoryLogFiles(Dictionary<string, MemoryLogFile> files, Func<MemoryLogFile, byte[]> bytes, Guid boot)
    {
        Boot = boot;
        _files = files.ToDictionary(each => each.Key, each => new MemoryLogFile(this, bytes(each.Value)));
        _durable = new Dictionary<string, MemoryLogFile>(_files);
    }

    public IDisposable Lock()
    {
        Assert.False(_locked);
        _locked = true;
        return new Unlock(this);
    }

    public IReadOnlyList<string> List()
    {
        lock (_gate)
        {
            return [.. _files.Keys.Order(StringComparer.Ordinal)];
        }
    }

    public ISseLogFile Create(string name)
    {
        lock (_gate)
        {
            var file = new MemoryLogFile(this, []);
            _files.Add(name, file);
            return file;
        }
    }

    public ISseLogFile Open(string name) => this[name];

    public void Rename(string from, string to)
    {
        lock (_gate)
        {
            _files.Remove(from, out MemoryLogFile? file);
            _files[to] = file!;
        }
    }

    public void Delete(string name)
    {
        lock (_gate)
        {
            _files.Remove(name);
        }
    }

    public void Flush()
    {
        BeginFlush();
        lock (_gate)
        {
            _durable = new Dictionary<string, MemoryLogFile>(_files);
        }
    }

    public void BeginFlush()
    {
        Flushing?.Invoke();
        if (FlushFails)
        {
            throw new IOException("The disk does not answer.");
        }

        Flushes++;
    }

    private sealed class Unlock(MemoryLogFiles files) : IDisposable
    {
        public void Dispose() => files._locked = false;
    }
}
