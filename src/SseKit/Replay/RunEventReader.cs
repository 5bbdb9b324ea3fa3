using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;

namespace SseKit.Replay;

/// <summary>Reads the events that a run's handler writes, in pages of those that are there.</summary>
/// <param name="reader">The handler's bytes.</param>
/// <param name="decoder">Cuts them into events.</param>
/// <param name="bounds">The largest page.</param>
internal sealed class RunEventReader(PipeReader reader, EventStreamDecoder decoder, RunPageBounds bounds)
{
    private ExceptionDispatchInfo? _failure;

    /// <summary>
    /// Reads the pages, each of at least one event, until the bytes end or the pending read is cancelled. An incomplete event at the end
    /// is discarded (WHATWG HTML §9.2.6).
    /// </summary>
    public async IAsyncEnumerable<RunPage> ReadAsync()
    {
        ReadResult read;
        do
        {
            read = await reader.ReadAsync(CancellationToken.None);
            ReadOnlySequence<byte> rest = read.Buffer;
            while (TakePage(ref rest) is { Payloads.Count: > 0 } page)
            {
                yield return page;
            }

            reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted && !read.IsCanceled);
    }

    private RunPage TakePage(ref ReadOnlySequence<byte> rest)
    {
        _failure?.Throw();
        List<ReadOnlyMemory<byte>> payloads = [];
        long bytes = 0;
        while (!rest.IsEmpty && payloads.Count < bounds.Events && bytes < bounds.Bytes)
        {
            ReadOnlySpan<byte> unread = rest.FirstSpan;
            int length = unread.Length;
            ReadOnlyMemory<byte> payload;
            try
            {
                payload = decoder.ReadEvent(ref unread);
            }
            catch (ArgumentException exception) when (payloads.Count > 0)
            {
                // The events before the one that is too large are recorded first.
                _failure = ExceptionDispatchInfo.Capture(exception);
                break;
            }

            rest = rest.Slice(length - unread.Length);
            if (!payload.IsEmpty)
            {
                payloads.Add(payload);
                bytes += payload.Length;
            }
        }

        return new RunPage(payloads, bytes);
    }
}

/// <summary>Events that are appended together.</summary>
/// <param name="Payloads">The events.</param>
/// <param name="Bytes">Their bytes.</param>
internal readonly record struct RunPage(IReadOnlyList<ReadOnlyMemory<byte>> Payloads, long Bytes);

/// <summary>The largest page of events. A page ends with the event that reaches the bytes.</summary>
internal readonly record struct RunPageBounds(int Events, long Bytes);
