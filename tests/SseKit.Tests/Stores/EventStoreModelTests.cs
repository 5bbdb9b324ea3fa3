using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.StoreSpecification;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

/// <summary>
/// Whatever happens to topics, a reader gets the events that a list would give it. The events that it read or that were reported as a gap
/// are all events, in order and without duplicates (I3, I5).
/// </summary>
public abstract class EventStoreModelTests
{
    private protected const int MaxEvents = 6;
    private const int Topics = 2;
    private const int Readers = 3;

    private protected static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    private static readonly Gen<Step> Steps =
        from kind in Gen.Frequency(
            (6, Gen.Constant(StepKind.Publish)),
            (2, Gen.Constant(StepKind.PublishWithKey)),
            (6, Gen.Constant(StepKind.Read)),
            (1, Gen.Constant(StepKind.GoBack)),
            (2, Gen.Constant(StepKind.Wait)),
            (1, Gen.Constant(StepKind.Complete)),
            (1, Gen.Constant(StepKind.Delete)),
            (1, Gen.Constant(StepKind.Reopen)))
        from topic in Gen.Choose(0, Topics - 1)
        from reader in Gen.Choose(0, Readers - 1)
        from number in Gen.Choose(1, 8)
        select new Step(kind, topic, reader, number);

    private enum StepKind
    {
        Publish,
        PublishWithKey,
        Read,
        GoBack,
        Wait,
        Complete,
        Delete,
        Reopen,
    }

    [Fact]
    public void Behaves_as_a_list_and_reports_every_gap() => Always.HoldsForSequences(Steps, async steps =>
    {
        var time = new ManualTimeProvider();
        var run = new Run(Create(time), ReopenAsync, time);
        foreach (Step step in steps)
        {
            await run.DoAsync(step);
        }

        await run.ReadToTheEndAsync();
    });

    /// <summary>Creates a store of <see cref="MaxEvents"/> for each topic and <see cref="MaxAge"/>.</summary>
    private protected abstract ISseEventStore Create(TimeProvider time);

    /// <summary>Reopens the store, if it is durable.</summary>
    private protected virtual ValueTask<ISseEventStore> ReopenAsync(ISseEventStore store, TimeProvider time) => ValueTask.FromResult(store);

    private sealed record Step(StepKind Kind, int Topic, int Reader, int Number);

    /// <summary>A reader's position, and the ranges of its log that it has read or that were reported as gaps.</summary>
    private sealed class Reader
    {
        public SsePosition Position { get; set; }

        public int Log { get; set; }

        public long Start { get; set; }

        public long Covered { get; set; }

        public List<(int Log, long Sequence)> Known { get; } = [];
    }

    private sealed class Run
    {
        private readonly ManualTimeProvider _time;
        private readonly Func<ISseEventStore, TimeProvider, ValueTask<ISseEventStore>> _reopen;
        private readonly EventLogModel[] _models;
        private readonly Reader[,] _readers = new Reader[Topics, Readers];
        private readonly Dictionary<(int Topic, int Log), string> _epochs = [];
        private ISseEventStore _store;
        private int _published;

        public Run(ISseEventStore store, Func<ISseEventStore, TimeProvider, ValueTask<ISseEventStore>> reopen, ManualTimeProvider time)
        {
            _store = store;
            _reopen = reopen;
            _time = time;
            _models = [.. Enumerable.Range(0, Topics).Select(_ => new EventLogModel(MaxEvents, MaxAge))];
        }

        public async Task DoAsync(Step step)
        {
            switch (step.Kind)
            {
                case StepKind.Publish:
                    await PublishAsync(step.Topic, key: null);
                    break;
                case StepKind.PublishWithKey:
                    await PublishAsync(step.Topic, $"{step.Number}");
                    break;
                case StepKind.Read:
                    await ReadAsync(step.Topic, await ReaderAsync(step.Topic, step.Reader), step.Number);
                    break;
                case StepKind.GoBack:
                    GoBack(step.Topic, await ReaderAsync(step.Topic, step.Reader), step.Number);
                    break;
                case StepKind.Wait:
                    _time.Advance(TimeSpan.FromSeconds(4 * step.Number));
                    break;
                case StepKind.Complete:
                    await _store.CompleteAsync(Name(step.Topic), SseTopicStatus.Completed, null, default);
                    _models[step.Topic].Complete();
                    break;
                case StepKind.Reopen:
                    _store = await _reopen(_store, _time);
                    break;
                default:
                    await _store.DeleteAsync(Name(step.Topic), null, default);
                    _models[step.Topic].Delete();
                    break;
            }

            await AssertStateAsync(step.Topic);
        }

        public async Task ReadToTheEndAsync()
        {
            for (int topic = 0; topic < Topics; topic++)
            {
                for (int i = 0; i < Readers; i++)
                {
                    Reader reader = await ReaderAsync(topic, i);
                    while (await ReadAsync(topic, reader, pageSize: 2))
                    {
                    }

                    Assert.Equal(_models[topic].Latest, reader.Position.Sequence);
                    Assert.Equal(_models[topic].Latest - reader.Start, reader.Covered);
                }
            }
        }

        private async Task PublishAsync(int topic, string? key)
        {
            string text = $"{++_published}";
            (long Sequence, bool IsNew)? expected = _models[topic].Append(text, key, _time.GetUtcNow());
            if (expected is null)
            {
                await Assert.ThrowsAsync<SseTopicCompletedException>(async () => await AppendAsync());
                return;
            }

            var position = new SsePosition(await EpochAsync(topic), expected.Value.Sequence);
            Assert.Equal(new SseAppendResult { Position = position, IsNew = expected.Value.IsNew }, await AppendAsync());

            ValueTask<SseAppendResult> AppendAsync() => _store.AppendAsync(Name(topic), Encoding.UTF8.GetBytes(text), key, null, default);
        }

        // Returns whether there was something.
        private async Task<bool> ReadAsync(int topic, Reader reader, int pageSize)
        {
            EventLogModel model = _models[topic];
            (SseReadStatus status, string[] texts) = model.Read(reader.Log, reader.Position.Sequence, pageSize, _time.GetUtcNow());

            SseReadResult page = await _store.ReadAsync(Name(topic), reader.Position, pageSize, default);

            Assert.Equal(status, page.Status);
            Assert.Equal(texts, page.Events.Select(each => Encoding.UTF8.GetString(each.Payload.Span)));
            Assert.Equal(texts.Select((_, i) => reader.Position.Sequence + 1 + i), page.Events.Select(each => each.Sequence));
            if (status == SseReadStatus.Unknown)
            {
                // For another log, the events before its oldest one are not missed by this reader.
                reader.Log = model.Log;
                reader.Position = page.State.Latest with { Sequence = page.State.EarliestSequence - 1 };
                reader.Start = reader.Position.Sequence;
                reader.Covered = 0;
                return true;
            }

            long next = status == SseReadStatus.Expired ? page.State.EarliestSequence - 1 : reader.Position.Sequence + page.Events.Count;
            bool moved = next > reader.Position.Sequence;
            Assert.True(moved || status == SseReadStatus.Ok, "A gap has something in it.");
            reader.Covered += next - reader.Position.Sequence;
            reader.Position = reader.Position with { Sequence = next };
            reader.Known.Add((reader.Log, next));
            return moved;
        }

        // A client that reconnects with an older id, possibly of a deleted log.
        private void GoBack(int topic, Reader reader, int number)
        {
            (int log, long sequence) = reader.Known[number % reader.Known.Count];
            reader.Log = log;
            reader.Position = new SsePosition(_epochs[(topic, log)], sequence);
            reader.Start = sequence;
            reader.Covered = 0;
        }

        private async Task AssertStateAsync(int topic)
        {
            EventLogModel model = _models[topic];
            model.Read(model.Log, 0, 1, _time.GetUtcNow());

            SseTopicState state = await _store.GetStateAsync(Name(topic), default);

            var completion = model.Completed ? SseTopicStatus.Completed : SseTopicStatus.Open;
            var latest = new SsePosition(await EpochAsync(topic), model.Latest);
            Assert.Equal(new SseTopicState { Latest = latest, EarliestSequence = model.Oldest, Status = completion }, state);
        }

        private async Task<Reader> ReaderAsync(int topic, int index)
        {
            if (_readers[topic, index] is null)
            {
                SseTopicState state = await _store.GetStateAsync(Name(topic), default);
                var reader = new Reader { Position = state.Latest, Log = _models[topic].Log, Start = state.Latest.Sequence };
                reader.Known.Add((reader.Log, state.Latest.Sequence));
                await EpochAsync(topic);
                _readers[topic, index] = reader;
            }

            return _readers[topic, index];
        }

        // Each log has its own epoch, which never changes and is never used again.
        private async Task<string> EpochAsync(int topic)
        {
            string epoch = (await _store.GetStateAsync(Name(topic), default)).Latest.Epoch;
            if (_epochs.TryAdd((topic, _models[topic].Log), epoch))
            {
                Assert.Single(_epochs.Values, each => each == epoch);
            }

            Assert.Equal(_epochs[(topic, _models[topic].Log)], epoch);
            return epoch;
        }

        private static string Name(int topic) => $"topic {topic}";
    }
}
