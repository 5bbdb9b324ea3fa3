using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>
/// Writes what callers want written, a batch at a time: 1. plan what waits; 2. encode it; 3. write it, and flush; 4. tell the state, from where
/// readers see it; 5. tell the callers. While one batch is on its way the next one gathers, so callers share a flush without waiting for company.
/// One batch runs at a time, on a thread of the pool.
/// </summary>
internal sealed partial class SseLogWriter : IThreadPoolWorkItem
{
    // What a caller at the end of a batch waits for (I8).
    private const int MaxBatch = 4096;

    // A disk that is full or broken is asked again, but not by everyone who publishes.
    private static readonly TimeSpan RecoveryPause = TimeSpan.FromSeconds(1);

    private readonly Lock _queueGate = new();
    private readonly SseLogBuffer _buffer = new();
    private readonly List<SseLogRequest> _batch = [];
    private readonly SseFileStoreOptions _options;
    private readonly SseLogState _state;
    private readonly SseLogPlan _plan;
    private readonly SseLogSegments _segments;
    private readonly SseLogTidying _tidying;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string _path;
    private Queue<SseLogRequest> _posted = new();
    private Queue<SseLogRequest> _waiting = new();
    private SseLogSegment _active;
    private bool _running;
    private bool _closed;
    private bool _unflushed;
    private IOException? _failure;
    private long _failedAt;

    public SseLogWriter(
        SseFileStoreOptions options, SseLogState state, SseLogSegments segments, SseLogTidying tidying, string path, TimeProvider time, ILogger logger)
    {
        _options = options;
        _state = state;
        _plan = new SseLogPlan(options, state);
        _segments = segments;
        _active = state.Active;
        _tidying = tidying;
        _path = path;
        _time = time;
        _logger = logger;
    }

    public Task<SseAppendResult> PostAsync(SseLogRequest request)
    {
        lock (_queueGate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(ISseEventStore));
            _closed = request.Kind == SseLogRequestKind.Close;
            _posted.Enqueue(request);
            if (_running)
            {
                return request.Task;
            }

            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return request.Task;
    }

    void IThreadPoolWorkItem.Execute()
    {
        while (TryTakePosted())
        {
            try
            {
                RunBatch();
            }
            catch (Exception exception)
            {
                Fail(exception);
            }
        }
    }

    private bool TryTakePosted()
    {
        if (_waiting.Count > 0)
        {
            return true;
        }

        lock (_queueGate)
        {
            (_posted, _waiting) = (_waiting, _posted);
            _running = _waiting.Count > 0;
            return _running;
        }
    }

    private void RunBatch()
    {
        if (_failure is not null)
        {
            Recover();
        }

        // Step 1.
        lock (_state.Gate)
        {
            _plan.Begin();
            while (_batch.Count < MaxBatch && _waiting.TryPeek(out SseLogRequest? request) && _plan.TryAdd(request, first: _batch.Count == 0))
            {
                _batch.Add(_waiting.Dequeue());
            }
        }

        // Steps 2 and 3.
        SseLogSegment segment = _active;
        _buffer.Begin(segment.Seed, segment.Length);
        foreach (SseLogRequest request in _batch)
        {
            request.WriteTo(_buffer, segment.Ordinal, _state.SecondsNow());
        }

        Write(segment);

        // Step 4.
        bool dropped;
        lock (_state.Gate)
        {
            _state.Grow(segment, _buffer.Offset);
            _plan.Commit(_batch);
            dropped = _state.BoundAll();
        }

        // Step 5. Nothing is done for a log that is closed: the directory may be somebody else's now.
        bool closes = _batch.Exists(static each => each.Kind == SseLogRequestKind.Close);
        Answer();
        if (!closes)
        {
            RollWhereDue(dropped);
        }
    }

    private void Write(SseLogSegment segment)
    {
        if (_buffer.Length > 0)
        {
            segment.File.Write(_buffer.Written, segment.Length);
            _unflushed = true;
        }

        bool flush = _options.Sync == SseFileSync.EveryAppend || _batch.Exists(each => each.Kind is SseLogRequestKind.Flush or SseLogRequestKind.Close);
        if (flush && _unflushed)
        {
            segment.File.Flush();
            _unflushed = false;
        }
    }

    private void Answer()
    {
        foreach (SseLogRequest request in _batch)
        {
            if (request.Refusal is { } refusal)
            {
                request.TrySetException(refusal);
            }
            else
            {
                request.TrySetResult(new SseAppendResult(request.Position, IsNew: !request.IsSettled));
            }
        }

        _batch.Clear();
    }

    private void RollWhereDue(bool dropped)
    {
        bool expired = false;
        bool roll;
        lock (_state.Gate)
        {
            if (_plan.WantsTidying)
            {
                _state.ExpireAll();
                expired = _state.IsActiveDead;
            }

            roll = expired || _state.IsActiveFull;
        }

        if (roll)
        {
            Roll();
        }

        if (roll || dropped || _plan.WantsTidying)
        {
            _tidying.Start();
        }
    }

    private void Roll()
    {
        if (_unflushed)
        {
            _active.File.Flush();
            _unflushed = false;
        }

        SseLogSegment next = _segments.Begin(_active.Header.Number + 1);
        lock (_state.Gate)
        {
            _state.Add(next);
            _state.BoundAll();
        }

        _active = next;
    }
}
