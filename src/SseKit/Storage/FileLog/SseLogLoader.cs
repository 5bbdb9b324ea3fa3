using Microsoft.Extensions.Logging;

namespace SseKit.Storage.FileLog;

/// <summary>
/// Opens a log: 1. clear away what was not finished; 2. read every segment, oldest first; 3. cut the last one where its last write was torn; 4.
/// give topics other epochs where it is not certain what their last numbers were; 5. have a segment to write to.
/// </summary>
internal sealed partial class SseLogLoader(ISseLogFiles files, SseFileStoreOptions options, SseLogState state, Guid boot, ILogger logger)
{
    private const string Damaged = ".damaged";

    private readonly SseLogReplay _replay = new(state);
    private bool _lastIsDamaged;
    private Guid? _log;

    public SseLogSegments Load()
    {
        // Step 1.
        List<string> names = [.. files.List()];
        foreach (string name in names.Where(static name => name.EndsWith(SseLogHeader.Unfinished, StringComparison.Ordinal)))
        {
            if (SseLogHeader.TryParseName(name[..^SseLogHeader.Unfinished.Length], out _, out _))
            {
                files.Delete(name);
            }
        }

        // Step 2.
        List<(long Number, int Compaction)> segments = SegmentsOf(names);
        foreach ((long number, int compaction) in segments)
        {
            if (Open(number, compaction) is { } segment)
            {
                state.Add(segment);
                Read(segment, isLast: number == segments[^1].Number);
            }
        }

        var begin = new SseLogSegments(files, state, _log ?? Guid.NewGuid(), boot);
        Continue(begin);
        Log.Opened(logger, files.Path, state.Events, state.Topics.Count, state.Segments.Count);
        return begin;
    }

    private List<(long Number, int Compaction)> SegmentsOf(List<string> names)
    {
        var found = new SortedDictionary<long, int>();
        foreach (string name in names)
        {
            if (!SseLogHeader.TryParseName(name, out long number, out int compaction))
            {
                continue;
            }

            if (!found.TryAdd(number, compaction))
            {
                // A copy has its name when it is whole, so what it was made from is no longer needed.
                files.Delete(NameOf(number, Math.Min(found[number], compaction)));
                found[number] = Math.Max(found[number], compaction);
            }
        }

        return [.. found.Select(static each => (each.Key, each.Value))];
    }

    private static string NameOf(long number, int compaction) => new SseLogHeader(default, number, compaction, default).FileName;

    private SseLogSegment? Open(long number, int compaction)
    {
        string name = NameOf(number, compaction);
        ISseLogFile file = files.Open(name);
        Span<byte> bytes = stackalloc byte[SseLogHeader.Length];
        int read = file.Read(bytes, 0);
        if (!SseLogHeader.TryRead(bytes[..read], out SseLogHeader header) || header.Number != number || header.Compaction != compaction)
        {
            file.Dispose();
            files.Rename(name, name + Damaged);
            Log.FileDamaged(logger, files.Path, name);
            _replay.Damage();
            return null;
        }

        _log ??= header.Log;
        if (header.Log != _log)
        {
            file.Dispose();
            throw new IOException($"'{name}' in '{files.Path}' is a file of another event store. Take it away, or use another directory.");
        }

        return new SseLogSegment(header, state.NextOrdinal(), file) { Length = file.Length, OpeningLength = SseLogHeader.Length };
    }

    private void Read(SseLogSegment segment, bool isLast)
    {
        var scanner = new SseLogScanner(segment.File, segment.Seed, SseLogHeader.Length, segment.Length);
        while (true)
        {
            while (scanner.TryNext())
            {
                _replay.Apply(scanner.Frame, segment, scanner.Offset);
            }

            if (scanner.IsAtEnd)
            {
                return;
            }

            if (isLast && IsTorn(segment, scanner.Offset))
            {
                Cut(segment, scanner.Offset);
                return;
            }

            Log.Damaged(logger, files.Path, segment.Header.FileName, scanner.Offset);
            _replay.Damage();
            _lastIsDamaged = isLast;
            if (!scanner.TryFindNext())
            {
                return;
            }

            _replay.Apply(scanner.Frame, segment, scanner.Offset);
        }
    }

    // The next batch is written when the one before is on the disk. So bytes that are followed by another batch were once whole and acknowledged:
    // damage. Others are what a process wrote when it was killed.
    private static bool IsTorn(SseLogSegment segment, long offset)
    {
        var scanner = new SseLogScanner(segment.File, segment.Seed, offset, segment.Length);
        while (scanner.TryNext() || scanner.TryFindNext())
        {
            if (SseLogFrame.IsFirstOfBatch(scanner.Frame))
            {
                return false;
            }
        }

        return true;
    }

    // Step 3.
    private void Cut(SseLogSegment segment, long offset)
    {
        Log.TailCut(logger, files.Path, segment.Length - offset, segment.Header.FileName);
        segment.File.Truncate(offset);
        state.Grow(segment, offset);
    }

    private void Continue(SseLogSegments begin)
    {
        SseLogSegment? last = state.Segments.Count > 0 ? state.Active : null;

        // Step 4.
        bool lost = last is not null && last.Header.Boot != Guid.Empty && last.Header.Boot != files.Boot && !_replay.IsClosed;
        bool renew = lost || !_replay.IsCertain;
        if (renew)
        {
            RenewEpochs(lost);
        }

        // What a killed process wrote, nobody may have flushed; from now on it is served.
        last?.File.Flush();

        // Step 5.
        bool goesOn = last is not null && !renew && !_lastIsDamaged && last.Header.Boot == boot && boot == Guid.Empty && !state.IsActiveFull;
        if (!goesOn)
        {
            state.Add(begin.Begin((last?.Header.Number ?? 0) + 1));
        }

        state.BoundAll();
    }

    // Numbers that were given out and are lost would be given out again. With another epoch, whoever has seen them is told of a gap (I5).
    private void RenewEpochs(bool lost)
    {
        state.Epochs.Renew();
        foreach (SseLogTopic topic in state.Topics)
        {
            topic.Renew(state.Epochs.Of(topic.Name));
        }

        if (lost)
        {
            Log.MachineStopped(logger, files.Path, options.Sync);
        }
        else
        {
            Log.Uncertain(logger, files.Path);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(SseFileLogEventIds.Opened, LogLevel.Information,
            "The event store in '{Path}' is open: {Events} events of {Topics} topics in {Files} files.")]
        public static partial void Opened(ILogger logger, string path, long events, int topics, int files);

        [LoggerMessage(SseFileLogEventIds.TailCut, LogLevel.Information,
            "The event store in '{Path}' was not closed: {Bytes} bytes that were being written at the end of {File} are cut off. Nothing acknowledged is lost.")]
        public static partial void TailCut(ILogger logger, string path, long bytes, string file);

        [LoggerMessage(SseFileLogEventIds.Damaged, LogLevel.Error,
            "The event store in '{Path}' is damaged: {File} is not what was written at {Offset}. What was there is not served; readers are told of a gap.")]
        public static partial void Damaged(ILogger logger, string path, string file, long offset);

        [LoggerMessage(SseFileLogEventIds.FileDamaged, LogLevel.Error,
            "The event store in '{Path}' is damaged: {File} does not begin as its files do. It is set aside; readers of its events are told of a gap.")]
        public static partial void FileDamaged(ILogger logger, string path, string file);

        [LoggerMessage(SseFileLogEventIds.EpochsRenewed, LogLevel.Error,
            "The event store in '{Path}' cannot know all numbers that it gave out before it was damaged. All topics have another epoch; clients that come back are told of a gap.")]
        public static partial void Uncertain(ILogger logger, string path);

        [LoggerMessage(SseFileLogEventIds.MachineStopped, LogLevel.Warning,
            "The machine stopped before the event store in '{Path}' was closed, and what was published last may be lost (it flushes by {Sync}). All topics have another epoch; clients that come back are told of a gap.")]
        public static partial void MachineStopped(ILogger logger, string path, SseFileSync sync);
    }
}
