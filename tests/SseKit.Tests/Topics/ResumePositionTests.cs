using System.Text;
using SseKit.Topics.EventIds;

namespace SseKit.Tests.Topics;

/// <summary>A forged, foreign or malformed id is handled like any other unknown id.</summary>
public sealed class ResumePositionTests
{
    private static readonly string[] One = ["a"];
    private static readonly string[] Three = ["a", "b", "c"];

    [Fact]
    public void Without_an_id_each_topic_starts_as_chosen() =>
        Assert.Equal([null, null, null], ResumePosition.Positions(Three, [State("a", 10), State("b", 5), State("c", 0)], null));

    [Theory]
    [InlineData("e-0", 0)]
    [InlineData("e-7", 7)]
    [InlineData("e-10", 10)]
    [InlineData("e-10~", 10)]
    public void An_id_of_the_topic_is_a_position(string id, long expected) =>
        Assert.Equal([new("e", expected)], ResumePosition.Positions(One, [State("e", 10)], id));

    [Theory]
    [InlineData("")]
    [InlineData("e-11")]
    [InlineData("e-9223372036854775807")]
    [InlineData("E-7")]
    [InlineData("other-7")]
    [InlineData("e-7\0")]
    [InlineData("-7")]
    [InlineData(".AAAA")]
    [InlineData("nonsense")]
    [InlineData("~")]
    [InlineData("e-10~~")]
    [InlineData("e-~10")]
    public void Any_other_id_is_unknown(string id) =>
        Assert.Equal([ResumePosition.Unknown], ResumePosition.Positions(One, [State("e", 10)], id));

    [Fact]
    public void The_id_of_a_connection_has_a_position_per_topic()
    {
        SsePosition[] positions = [new("ea", 3), new("eb", 0), new("ec", 123_456_789)];
        SseTopicState[] states = [State("ea", 10), State("eb", 0), State("ec", 123_456_789)];

        string id = IdOf(Three, positions);

        Assert.Equal(Array.ConvertAll(positions, each => (SsePosition?)each), ResumePosition.Positions(Three, states, id));
    }

    [Fact]
    public void Only_a_reset_topic_is_unknown()
    {
        string id = IdOf(Three, [new("ea", 3), new("eb", 4), new("ec", 5)]);

        SsePosition?[] positions = ResumePosition.Positions(
            Three, [State("ea", 10), State("new", 10), State("ec", 4)], id);

        Assert.Equal([new("ea", 3), ResumePosition.Unknown, ResumePosition.Unknown], positions);
    }

    [Theory]
    [InlineData("e1-3", 3)]
    [InlineData("e1-4", null)]
    [InlineData("e2-6", 6)]
    [InlineData("e2-7", null)]
    [InlineData("e3-10", 10)]
    [InlineData("e3-11", null)]
    [InlineData("e0-0", null)]
    public void An_id_of_an_earlier_epoch_is_a_position_up_to_its_fork(string id, int? expected)
    {
        SseTopicState state = State("e3", 10) with { Forks = [new("e2", 6), new("e1", 3)] };

        SsePosition? position = Assert.Single(ResumePosition.Positions(One, [state], id));

        Assert.Equal(expected is { } sequence ? new SsePosition("e3", sequence) : ResumePosition.Unknown, position);
    }

    [Fact]
    public void An_id_of_earlier_epochs_has_a_position_per_topic()
    {
        SseTopicState[] states =
        [
            State("ea", 10),
            State("eb3", 10) with { Forks = [new("eb2", 6), new("eb1", 3)] },
            State("ec3", 10) with { Forks = [new("ec2", 6), new("ec1", 3)] },
        ];

        string first = IdOf(Three, [new("ea", 4), new("eb1", 3), new("ec1", 4)]);
        string second = IdOf(Three, [new("ea", 4), new("eb2", 7), new("ec2", 6)]);

        Assert.Equal(
            [new("ea", 4), new("eb3", 3), ResumePosition.Unknown],
            ResumePosition.Positions(Three, states, first));
        Assert.Equal(
            [new("ea", 4), ResumePosition.Unknown, new("ec3", 6)],
            ResumePosition.Positions(Three, states, second));
    }

    [Fact]
    public void There_is_no_id_until_a_gap_is_reported()
    {
        var cursor = new Cursor(Three, [new("ea", 3), ResumePosition.Unknown, new("ec", 5)]);
        byte[] id = new byte[Cursor.MaxIdLength];

        Assert.Equal(0, cursor.WriteId(id));
        cursor.Move(1, new SsePosition("eb", 7));

        string text = Encoding.ASCII.GetString(id, 0, cursor.WriteId(id));
        Assert.Equal(IdOf(Three, [new("ea", 3), new("eb", 7), new("ec", 5)]), text);
    }

    [Fact]
    public void The_id_of_one_topic_is_its_position()
    {
        var cursor = new Cursor(One, [new("abcdefghijklmnopqrstuvwxyz012345", long.MaxValue)]);
        byte[] id = new byte[Cursor.MaxIdLength];

        Assert.Equal("abcdefghijklmnopqrstuvwxyz012345-9223372036854775807", Encoding.ASCII.GetString(id, 0, cursor.WriteId(id)));
        cursor.Move(0, new SsePosition("e", 1));

        Assert.Equal("e-1", Encoding.ASCII.GetString(id, 0, cursor.WriteId(id)));
    }

    private static string IdOf(string[] topics, SsePosition[] positions)
    {
        byte[] id = new byte[Cursor.MaxIdLength];
        return Encoding.ASCII.GetString(id, 0, new Cursor(topics, positions).WriteId(id));
    }

    private static SseTopicState State(string epoch, long head) => new() { Latest = new SsePosition(epoch, head), EarliestSequence = 1 };
}
