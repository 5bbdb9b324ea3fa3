using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>Keeps events in the files of a directory. Opened by its first use, or before.</summary>
internal sealed class SseFileEventStore(ISseLogFiles files, SseFileStoreOptions options, TimeProvider time, ILogger logger)
    : ISseEventStore, IAsyncDisposable, IDisposable
{
    private const int MaxTextLength = 256;

    // What a frame, and the buffer that it is written from, can hold (I8).
    private const int MaxPayloadLength = 1024 * 1024 * 1024;

    private readonly Lock _gate = new();
    private SseFileLog? _log;
    private bool _disposed;

    public SseFileLog Log => Volatile.Read(ref _log) ?? Open();

    /// <summary>Opens the directory where it is not open yet. Throws an <see cref="IOException"/> that names it where that cannot be.</summary>
    public SseFileLog Open()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(ISseEventStore));
            return _log ??= SseFileLog.Open(files, options, time, logger);
        }
    }

    public ValueTask<SseAppendResult> AppendAsync(
        string topic, ReadOnlyMemory<byte> payload, string? idempotencyKey, string? expectedEpoch, CancellationToken cancellationToken)
    {
        CheckText(topic, nameof(topic));
        if (payload.Length > MaxPayloadLength)
        {
            throw new ArgumentException($"An event has at most {MaxPayloadLength} bytes, but this one has {payload.Length}.", nameof(payload));
        }

        UInt128? keyHash = null;
        if (idempotencyKey is not null)
        {
            CheckText(idempotencyKey, nameof(idempotencyKey));
            keyHash = SseLogKeys.HashOf(idempotencyKey);
        }

        return PostAsync(
            new SseLogRequest(SseLogRequestKind.Append, topic) { Payload = payload, Key = idempotencyKey, KeyHash = keyHash, ExpectedEpoch = expectedEpoch },
            cancellationToken);
    }

    public ValueTask<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken)
    {
        CheckText(topic, nameof(topic));
        cancellationToken.ThrowIfCancellationRequested();
        ArgumentOutOfRangeException.ThrowIfLessThan(maxEvents, 1);

        // Files have no asynchronous reads on Linux, only other threads that wait.
        return ValueTask.FromResult(Log.Reader.Read(topic, after, maxEvents));
    }

    public ValueTask<SseTopicState> GetStateAsync(string topic, CancellationToken cancellationToken)
    {
        CheckText(topic, nameof(topic));
        cancellationToken.ThrowIfCancellationRequested();
        SseLogState state = Log.State;
        lock (state.Gate)
        {
            return ValueTask.FromResult(state.StateOf(topic, out _));
        }
    }

    public async ValueTask CompleteAsync(string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken)
    {
        CheckText(topic, nameof(topic));
        await PostAsync(new SseLogRequest(SseLogRequestKind.Complete, topic) { Status = status, ExpectedEpoch = expectedEpoch }, cancellationToken);
    }

    public async ValueTask DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken)
    {
        CheckText(topic, nameof(topic));
        await PostAsync(new SseLogRequest(SseLogRequestKind.Delete, topic) { ExpectedEpoch = expectedEpoch }, cancellationToken);
    }

    // Nobody else writes to the directory.
    public IDisposable Subscribe(Action<string?> topicChanged) => SseNoSubscription.Instance;

    public async ValueTask DisposeAsync()
    {
        SseFileLog? log;
        lock (_gate)
        {
            log = _disposed ? null : _log;
            _disposed = true;
        }

        if (log is not null)
        {
            await log.DisposeAsync();
        }
    }

    // The writer runs on a thread of its own, so waiting for it here ends.
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static void CheckText(string text, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(text, parameterName);
        if (text.Length > MaxTextLength)
        {
            throw new ArgumentException($"It has at most {MaxTextLength} characters, but this one has {text.Length}.", parameterName);
        }
    }

    private ValueTask<SseAppendResult> PostAsync(SseLogRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<SseAppendResult> written = Log.Writer.PostAsync(request);
        return new ValueTask<SseAppendResult>(cancellationToken.CanBeCanceled ? AwaitAsync(request, cancellationToken) : written);
    }

    // Whoever is cancelled before the writer comes to it has left nothing behind.
    private static async Task<SseAppendResult> AwaitAsync(SseLogRequest request, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((SseLogRequest)state!).TrySetCanceled(token), request);
        return await request.Task;
    }
}
