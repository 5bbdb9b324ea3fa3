using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.Tests.Infrastructure;
using SseKit.Topics.EventIds;
using SseKit.Topics.Following;

namespace SseKit.Tests.Topics;

/// <summary>A client returns with an id of other topics than it follows now.</summary>
public sealed class ChangedTopicsTests
{
    private const int Latest = 500;

    // Which of 24 topics a client followed and follows, and its positions. So few events leave each topic checks of 32 bits.
    private static readonly Gen<Change> Changes =
        from names in Gen.Shuffle(Enumerable.Range(0, 24).ToArray())
        from before in Gen.Choose(1, 16)
        from after in Gen.Choose(1, 16)
        from shift in Gen.Choose(0, 8)
        from sequences in Gen.Choose(0, Latest).ArrayOf(24)
        select new Change(Sorted(names[..before]), Sorted(names[shift..(shift + after)]), sequences);

    private static readonly string[] AbcNames = ["a", "b", "c"];

    [Fact]
    public void Topics_of_both_sets_continue_and_others_start() => Always.Holds(Changes, change =>
    {
        SsePosition?[] positions = Resume(change, IdAt(change.Before, change.Sequences));

        bool isShared = change.After.Intersect(change.Before).Any();
        for (int i = 0; i < change.After.Length; i++)
        {
            string topic = change.After[i];
            SsePosition? expected = change.Before.Contains(topic) ? new(EpochOf(topic), change.Sequences[IndexOf(topic)])
                : isShared && !LooksRemoved(topic, change) ? null
                : ResumePosition.Unknown;
            Assert.Equal(expected, positions[i]);
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void Lost_logs_are_unknown_in_any_set() => Always.Holds(Changes, change =>
    {
        // The checks of up to eight topics are long enough for no collision in this test.
        string[] before = [.. change.Before.Take(8)];
        string[] shared = [.. change.After.Intersect(before)];
        if (shared.Length < 2)
        {
            return Task.CompletedTask;
        }

        string[] lost = [.. shared.Where((_, i) => i % 2 == 0)];
        SsePosition?[] positions = ResumePosition.Positions(
            change.After,
            [.. change.After.Select(topic => State(lost.Contains(topic) ? $"new{EpochOf(topic)}" : EpochOf(topic)))],
            IdAt(before, change.Sequences));

        foreach (string topic in shared)
        {
            SsePosition expected = lost.Contains(topic)
                ? ResumePosition.Unknown
                : new(EpochOf(topic), change.Sequences[IndexOf(topic)]);
            Assert.Equal(expected, positions[Array.IndexOf(change.After, topic)]);
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void A_corrupted_id_names_no_place_outside_a_log() => Always.Holds(
        from change in Changes
        from place in Gen.Choose(0, 126)
        from other in Gen.Elements("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-\0\u00E9".ToCharArray())
        select (change, place, other),
        value =>
        {
            char[] id = IdAt(value.change.Before, value.change.Sequences).ToCharArray();
            id[value.place % id.Length] = value.other;

            SsePosition?[] positions = Resume(value.change, new string(id));

            for (int i = 0; i < positions.Length; i++)
            {
                if (positions[i] is { } position && position != ResumePosition.Unknown)
                {
                    Assert.Equal(EpochOf(value.change.After[i]), position.Epoch);
                    Assert.InRange(position.Sequence, 0, Latest);
                }
            }

            return Task.CompletedTask;
        });

    [Fact]
    public void The_id_of_one_topic_continues_it_among_several() =>
        Assert.Equal(
            [null, new("eb", 4), null], ResumePosition.Positions(AbcNames, [State("ea"), State("eb"), State("ec")], "eb-4"));

    [Theory]
    [InlineData("eb-501")]
    [InlineData("ex-4")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData(".AAAA")]
    public void An_id_without_a_known_position_is_unknown_in_all(string id) =>
        Assert.Equal(
            [ResumePosition.Unknown, ResumePosition.Unknown, ResumePosition.Unknown],
            ResumePosition.Positions(AbcNames, [State("ea"), State("eb"), State("ec")], id));

    [Fact]
    public void The_id_of_one_topic_survives_a_failover_among_several()
    {
        SseTopicState forked = State("eb2") with { Forks = [new("eb1", 6)] };

        Assert.Equal([null, new("eb2", 6)], ResumePosition.Positions(["a", "b"], [State("ea"), forked], "eb1-6"));
        Assert.Equal(
            [ResumePosition.Unknown, ResumePosition.Unknown],
            ResumePosition.Positions(["a", "b"], [State("ea"), forked], "eb1-7"));
    }

    [Fact]
    public void A_changed_set_survives_a_failover()
    {
        string id = IdOf(["a", "b"], [new("ea", 3), new("eb1", 6)]);
        SseTopicState forked = State("eb2") with { Forks = [new("eb1", 6)] };

        Assert.Equal([new("eb2", 6), null], ResumePosition.Positions(["b", "c"], [forked, State("ec")], id));
    }

    [Fact]
    public void An_epoch_of_two_topics_is_unknown() =>
        Assert.Equal(
            [ResumePosition.Unknown, ResumePosition.Unknown],
            ResumePosition.Positions(["a", "b"], [State("same"), State("same")], "same-4"));

    [Fact]
    public void Without_room_for_names_only_the_same_set_continues()
    {
        string[] topics = [.. Enumerable.Range(10, 16).Select(topic => $"t{topic}")];
        SseTopicState[] states = [.. topics.Select(topic => State(EpochOf(topic), long.MaxValue))];
        string id = IdOf(topics, [.. topics.Select(topic => new SsePosition(EpochOf(topic), 8_000_000_000))]);

        SsePosition?[] same = ResumePosition.Positions(topics, states, id);
        SsePosition?[] fewer = ResumePosition.Positions(topics[1..], states.AsSpan(1), id);

        Assert.Equal(topics.Select(topic => (SsePosition?)new SsePosition(EpochOf(topic), 8_000_000_000)), same);
        Assert.All(fewer, position => Assert.Equal(ResumePosition.Unknown, position));
    }

    [Fact]
    public void The_failure_of_a_removed_topic_is_not_that_of_another()
    {
        string id = IdOf(["a", "b"], [new("ea", Latest), new("eb", Latest)]) + "~";
        SseTopicState failedA = State("ea") with { Status = SseTopicStatus.Failed };
        SseTopicState failedC = State("ec") with { Status = SseTopicStatus.Failed };

        var start = new FollowStart(new FollowRequest(["a", "c"], SseReplayStart.Latest, id, null), [failedA, failedC], 0);

        Assert.False(start.NothingWillCome);
    }

    private static SsePosition?[] Resume(Change change, string id) =>
        ResumePosition.Positions(change.After, [.. change.After.Select(topic => State(EpochOf(topic)))], id);

    // A new topic whose name looks like one that was removed: 16 bits of it are equal.
    private static bool LooksRemoved(string topic, Change change) => change.Before.Except(change.After).Any(
        removed => (ushort)TopicCheck.Of(removed, "").Name == (ushort)TopicCheck.Of(topic, "").Name);

    private static string IdAt(string[] topics, int[] sequences) =>
        IdOf(topics, [.. topics.Select(topic => new SsePosition(EpochOf(topic), sequences[IndexOf(topic)]))]);

    private static string IdOf(string[] topics, SsePosition[] positions)
    {
        byte[] id = new byte[Cursor.MaxIdLength];
        string text = Encoding.ASCII.GetString(id, 0, new Cursor(topics, positions).WriteId(id));
        Assert.Matches("^[A-Za-z0-9._~-]{1,127}$", text);
        return text;
    }

    private static string[] Sorted(int[] topics) => [.. topics.Select(topic => $"t{topic}").Order(StringComparer.Ordinal)];

    private static int IndexOf(string topic) => int.Parse(topic.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture);

    private static string EpochOf(string topic) => $"epoch{topic}";

    private static SseTopicState State(string epoch, long latest = Latest) =>
        new() { Latest = new SsePosition(epoch, latest), EarliestSequence = 1 };

    private sealed record Change(string[] Before, string[] After, int[] Sequences);
}
