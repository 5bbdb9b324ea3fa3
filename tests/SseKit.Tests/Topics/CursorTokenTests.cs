using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.Tests.Infrastructure;
using SseKit.Topics.EventIds;

namespace SseKit.Tests.Topics;

/// <summary>One id contains the position in each of up to 16 topics. It is untrusted client input.</summary>
public sealed class CursorTokenTests
{
    private const string Allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    private const long Huge = 1L << 40;

    private static readonly Gen<long> Sequence = Gen.Frequency(
        (1, Gen.Constant(0L)),
        (3, Gen.Choose(0, 1000).Select(value => (long)value)),
        (3, Gen.Choose(0, int.MaxValue).Select(value => (long)value)),
        (1, Gen.Choose(0, int.MaxValue).Select(value => Huge + value)),
        (1, Gen.Elements(long.MaxValue, long.MaxValue - 1, 1L << 62)));

    // Two to sixteen topics with a position in each.
    private static readonly Gen<long[]> Sequences =
        from topics in Gen.Choose(2, 16) from sequences in Sequence.ArrayOf(topics) select sequences;

    [Fact]
    public void Positions_that_fit_read_back() => Always.Holds(Sequences, sequences =>
    {
        (string? id, TopicCheck[] checks) = Write(sequences);
        if (id is null)
        {
            return Task.CompletedTask;
        }

        // One character is left for the mark of a reported failure.
        Assert.InRange(id.Length, 2, 127);
        Assert.All(id, character => Assert.Contains(character, Allowed));
        Assert.Equal(sequences, Read(id, checks));
        Assert.False(SsePosition.TryParse(id, out _));
        return Task.CompletedTask;
    });

    [Theory]
    [InlineData(2, long.MaxValue)]
    [InlineData(8, long.MaxValue)]
    [InlineData(16, uint.MaxValue)]
    [InlineData(16, 8_000_000_000)]
    public void Sixteen_topics_fit_with_billions_of_events(int topics, long sequence)
    {
        (string? id, TopicCheck[] checks) = Write([.. Enumerable.Repeat(sequence, topics)]);

        Assert.NotNull(id);
        Assert.Equal(Enumerable.Repeat(sequence, topics), Read(id, checks));
    }

    [Fact]
    public void Positions_that_do_not_fit_have_no_id()
    {
        (string? id, _) = Write([.. Enumerable.Repeat(long.MaxValue, 16)]);

        Assert.Null(id);
    }

    [Fact]
    public void A_truncated_id_is_refused() => Always.Holds(Sequences, sequences =>
    {
        (string? id, TopicCheck[] checks) = Write(sequences);
        for (int length = 0; length < (id?.Length ?? 0); length++)
        {
            // A shorter id has shorter checks, or none, so it is refused.
            Assert.Null(Read(id![..length], checks));
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void An_id_with_further_characters_is_refused() => Always.Holds(Sequences, sequences =>
    {
        (string? id, TopicCheck[] checks) = Write(sequences);
        foreach (char added in Allowed + " \0\u00E9\u0141")
        {
            Assert.Null(id is null ? null : Read(id + added, checks));
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void An_id_of_other_characters_is_refused() => Always.Holds(Sequences, sequences =>
    {
        (string? id, TopicCheck[] checks) = Write(sequences);
        for (int i = 0; i < (id?.Length ?? 0); i++)
        {
            foreach (char other in "\0 .~=+/\u00E9\u0141\uFF21\uD800")
            {
                if (i > 0 || other != '.')
                {
                    Assert.Null(Read(string.Concat(id.AsSpan(0, i), [other], id.AsSpan(i + 1)), checks));
                }
            }
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void A_text_is_the_id_of_at_most_one_position() => Always.Holds(Sequences, sequences =>
    {
        (string? id, TopicCheck[] checks) = Write(sequences);
        for (int i = 1; i < (id?.Length ?? 0); i++)
        {
            foreach (char other in "AB_-09z")
            {
                string forged = string.Concat(id.AsSpan(0, i), [other], id.AsSpan(i + 1));
                if (Read(forged, checks) is { } read && Array.TrueForAll(read, each => each >= 0))
                {
                    Assert.Equal(forged, Write(read, checks));
                }
            }
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void Only_a_topic_with_a_lost_log_is_unknown() => Always.Holds(Sequences, sequences =>
    {
        (string? id, TopicCheck[] checks) = Write(sequences);
        for (int lost = 0; lost < (id is null ? 0 : sequences.Length); lost++)
        {
            TopicCheck[] now = [.. checks];
            now[lost] = now[lost] with { Log = now[lost].Log ^ 0b10101010 };
            long[] expected = [.. sequences];
            expected[lost] = -1;

            Assert.Equal(expected, Read(id!, now));
        }

        return Task.CompletedTask;
    });

    [Fact]
    public void An_id_of_other_topics_is_unknown_in_all()
    {
        int wrong = 0;
        for (int i = 0; i < 2000; i++)
        {
            (string? id, _) = Write([i, i * 1000L, 5], $"mine {i}");
            long[]? read = Read(id!, Checks(3, $"yours {i}"));
            Assert.NotNull(read);
            wrong += read.Count(each => each != -1);
        }

        // The checks of a log have 32 bits.
        Assert.Equal(0, wrong);
    }

    [Fact]
    public void An_id_of_more_or_fewer_topics_is_refused()
    {
        int accepted = 0;
        for (int i = 0; i < 2000; i++)
        {
            (string? id, _) = Write([i, i * 1000L, 5, 77]);
            accepted += Read(id!, Checks(3)) is { } fewer && fewer.Any(each => each >= 0) ? 1 : 0;
            accepted += Read(id!, Checks(5)) is { } more && more.Any(each => each >= 0) ? 1 : 0;
        }

        Assert.Equal(0, accepted);
    }

    [Fact]
    public void A_check_depends_on_name_and_epoch()
    {
        TopicCheck[] checks =
        [
            TopicCheck.Of("a", "b"), TopicCheck.Of("b", "a"), TopicCheck.Of("ab", "b"), TopicCheck.Of("a", "bb"),
            TopicCheck.Of("a\nb", "c"), TopicCheck.Of("b", "ca"), TopicCheck.Of("A", "b"), TopicCheck.Of("a ", "b"),
        ];

        Assert.Equal(checks.Distinct(), checks);
        Assert.Equal(checks.Length, checks.DistinctBy(check => check.Log).Count());
        Assert.Equal(checks[0], TopicCheck.Of("a", "b"));
        Assert.Equal(checks[0].Name, TopicCheck.Of("a", "bb").Name);
    }

    [Fact]
    public void Any_text_is_read_without_harm() => Always.Holds(AnyText(), text =>
    {
        for (int topics = 2; topics <= 16; topics++)
        {
            Read(text, Checks(topics));
        }

        return Task.CompletedTask;
    });

    private static Gen<string> AnyText() =>
        from mark in Gen.Elements(".", "", "..")
        from characters in Gen.Frequency(
            (9, Gen.Elements(Allowed.ToCharArray())), (1, Gen.Choose(0, 0xFFFF).Select(code => (char)code))).ArrayOf()
        from repeat in Gen.Choose(1, 6)
        select mark + string.Concat(Enumerable.Repeat(new string(characters), repeat));

    private static TopicCheck[] Checks(int topics, string epoch = "epoch") =>
        [.. Enumerable.Range(0, topics).Select(topic => TopicCheck.Of($"topic {topic}", epoch))];

    private static (string? Id, TopicCheck[] Checks) Write(long[] sequences, string epoch = "epoch")
    {
        TopicCheck[] checks = Checks(sequences.Length, epoch);
        return (Write(sequences, checks), checks);
    }

    private static string? Write(long[] sequences, TopicCheck[] checks)
    {
        byte[] id = new byte[Cursor.MaxIdLength];
        int length = CursorToken.Write([.. sequences.Select(sequence => new SsePosition("epoch", sequence))], checks, id);
        return length == 0 ? null : Encoding.ASCII.GetString(id, 0, length);
    }

    // The sequences of these topics, -1 for a lost log. Null if it is no id of so many topics.
    private static long[]? Read(string id, TopicCheck[] checks) =>
        CursorToken.TryRead(id, out CursorToken token) && token.Count == checks.Length
            ? [.. checks.Select((check, i) => token.HasLog(i, check) ? token.Sequence(i) : -1)]
            : null;
}
