using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.Tests.Infrastructure;
using SseKit.Topics;

namespace SseKit.Tests.Topics;

/// <summary>A burst has the same bytes as its events one by one, from any position, and returned bytes never change.</summary>
public sealed class TopicTailRunTests
{
    private const int TooLarge = 40 * 1024;

    private static readonly Gen<Step> Steps =
        from kind in Gen.Frequency(
            (8, Gen.Constant(StepKind.Read)),
            (4, Gen.Constant(StepKind.Publish)),
            (3, Gen.Constant(StepKind.PublishBurst)),
            (1, Gen.Constant(StepKind.PublishTooLarge)),
            (2, Gen.Constant(StepKind.Join)),
            (1, Gen.Constant(StepKind.ResetLog)))
        from reader in Gen.Choose(0, 3)
        from number in Gen.Choose(1, 900)
        select new Step(kind, reader, number);

    private readonly TopicTail _tail = new();
    private readonly List<byte[]> _payloads = [];
    private int _epochs;

    private enum StepKind
    {
        Read,
        Publish,
        PublishBurst,
        PublishTooLarge,
        Join,
        ResetLog,
    }

    private string Epoch => $"epoch{_epochs}";

    [Fact]
    public void Bursts_from_any_position_equal_their_events() => Always.HoldsForSequences(Steps, steps =>
    {
        var test = new TopicTailRunTests();
        var readers = new SsePosition[4];
        List<(ReadOnlyMemory<byte> Part, byte[] Copy)> handedOut = [];
        Array.Fill(readers, test.At(0));
        foreach (Step step in steps)
        {
            switch (step.Kind)
            {
                case StepKind.Read:
                    readers[step.Reader] = test.ReadAndCheck(readers[step.Reader], handedOut);
                    break;

                case StepKind.Join:
                    readers[step.Reader] = test.At(Math.Max(0, test._payloads.Count - step.Number));
                    break;

                case StepKind.ResetLog:
                    test.ResetLog();
                    break;

                default:
                    test.Publish(step);
                    break;
            }
        }

        Assert.All(handedOut, each => Assert.Equal(each.Copy, each.Part.ToArray()));
        return Task.CompletedTask;
    });

    [Fact]
    public void A_reader_can_join_in_the_middle_of_a_burst()
    {
        Publish(20, size: 10);

        BurstPart all = _tail.ReadBurst(At(0));
        BurstPart joined = _tail.ReadBurst(At(7));

        Assert.Equal(20, all.Events);
        Assert.Equal(13, joined.Events);
        Assert.Equal(Wire(0, 20), Text(all));
        Assert.Equal(Wire(7, 13), Text(joined));
        Assert.Equal(0, _tail.ReadBurst(At(20)).Events);
    }

    [Fact]
    public void Events_beyond_one_burst_continue_in_the_next()
    {
        Publish(500, size: 200);
        var position = At(0);
        int parts = 0;
        var text = new StringBuilder();

        for (BurstPart part = _tail.ReadBurst(position); part.Events > 0; part = _tail.ReadBurst(position), parts++)
        {
            text.Append(Text(part));
            position = position with { Sequence = position.Sequence + part.Events };
        }

        Assert.InRange(parts, 4, 6);
        Assert.Equal(Wire(0, 500), text.ToString());
    }

    [Fact]
    public void A_placeholder_is_in_no_burst()
    {
        Publish(3, size: 10);
        _payloads.Add([]);
        Assert.True(_tail.TryAdd(At(_payloads.Count), new[] { EventPayload.ControlMark }));
        Publish(2, size: 10);

        Assert.Equal(3, _tail.ReadBurst(At(0)).Events);
        Assert.Equal(0, _tail.ReadBurst(At(3)).Events);
        Assert.Equal(2, _tail.ReadBurst(At(4)).Events);
    }

    [Fact]
    public void Events_removed_from_the_tail_are_not_read()
    {
        Publish(1100, size: 10);
        Assert.Equal(0, _tail.ReadBurst(At(75)).Events);
        Assert.NotEqual(0, _tail.ReadBurst(At(76)).Events);

        Publish(1100, size: 10);

        Assert.Equal(0, _tail.ReadBurst(At(1100)).Events);
        Assert.Equal(Wire(2100, 100), Text(_tail.ReadBurst(At(2100))));
    }

    [Fact]
    public void Bursts_beyond_their_bound_are_removed_before_their_events()
    {
        Publish(900, size: 1000);
        SsePosition position = At(0);
        while (_tail.ReadBurst(position) is { Events: > 0 } part)
        {
            position = position with { Sequence = position.Sequence + part.Events };
        }

        Assert.Equal(At(900), position);
        Assert.Equal(0, _tail.ReadBurst(At(0)).Events);
        Assert.Equal(1, _tail.Read(At(0), new SseStoredEvent[1]));
        Assert.Equal(Wire(890, 10), Text(_tail.ReadBurst(At(890))));
    }

    [Fact]
    public void Another_epoch_has_its_own_bursts()
    {
        Publish(5, size: 10);
        SsePosition old = At(2);
        BurstPart before = _tail.ReadBurst(old);
        string text = Text(before);
        ResetLog();

        Publish(5, size: 10);

        Assert.Equal(0, _tail.ReadBurst(old).Events);
        Assert.Equal(Wire(2, 3), Text(_tail.ReadBurst(At(2))));
        Assert.Equal(text, Text(before));
    }

    [Fact]
    public void An_event_larger_than_a_burst_is_in_none()
    {
        Publish(3, size: 10);
        Publish(1, TooLarge);
        Publish(3, size: 10);

        Assert.Equal(3, _tail.ReadBurst(At(0)).Events);
        Assert.Equal(0, _tail.ReadBurst(At(3)).Events);
        Assert.Equal(Wire(4, 3), Text(_tail.ReadBurst(At(4))));
    }

    [Fact]
    public void A_composed_burst_allocates_nothing_for_further_readers()
    {
        SsePosition start = At(0);
        Publish(100, size: 64);
        _tail.ReadBurst(start);

        long before = GC.GetAllocatedBytesForCurrentThread();
        BurstPart part = _tail.ReadBurst(start);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(100, part.Events);
        Assert.Equal(0, allocated);
    }

    private void Publish(Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Publish:
                Publish(1, step.Number);
                break;

            case StepKind.PublishBurst:
                Publish(step.Number, size: 100);
                break;

            default:
                Publish(1, TooLarge);
                break;
        }
    }

    private void Publish(int count, int size)
    {
        for (int i = 0; i < count; i++)
        {
            _payloads.Add(Encoding.ASCII.GetBytes($"data: {new string((char)('a' + (_payloads.Count % 26)), size)}\n"));
            Assert.True(_tail.TryAdd(At(_payloads.Count), _payloads[^1]));
        }
    }

    private void ResetLog()
    {
        _epochs++;
        _payloads.Clear();
        _tail.BeginAt(At(0));
    }

    // Reads as a follower does: the burst, otherwise the events one by one.
    private SsePosition ReadAndCheck(SsePosition position, List<(ReadOnlyMemory<byte> Part, byte[] Copy)> handedOut)
    {
        BurstPart part = _tail.ReadBurst(position);
        if (part.Events > 0)
        {
            Assert.Equal(Wire(position.Sequence, part.Events), Text(part));
            handedOut.Add((part.Bytes, part.Bytes.ToArray()));
            return position with { Sequence = position.Sequence + part.Events };
        }

        var events = new SseStoredEvent[16];
        int count = _tail.Read(position, events);
        for (int i = 0; i < count; i++)
        {
            Assert.Equal(position.Sequence + 1 + i, events[i].Sequence);
            Assert.Equal(_payloads[(int)position.Sequence + i], events[i].Payload.ToArray());
        }

        return position with { Sequence = position.Sequence + count };
    }

    private string Wire(long after, int count) => string.Concat(Enumerable.Range(0, count).Select(
        i => $"{Encoding.ASCII.GetString(_payloads[(int)after + i])}id: {Epoch}-{after + 1 + i}\n\n"));

    private static string Text(BurstPart part) => Encoding.ASCII.GetString(part.Bytes.Span);

    private SsePosition At(long sequence) => new(Epoch, sequence);

    private readonly record struct Step(StepKind Kind, int Reader, int Number);
}
