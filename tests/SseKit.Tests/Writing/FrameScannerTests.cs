using System.Text;
using FsCheck;
using FsCheck.Fluent;
using SseKit.Tests.Infrastructure;
using SseKit.Writing;

namespace SseKit.Tests.Writing;

public sealed class FrameScannerTests
{
    private static readonly Gen<string> Chunk = Gen.Elements(
        "\r", "\n", "\r\n", "\n\n", "data", "data:", ":", " ", "dat", "a: x", "datax", "data: one", "event: two", "id: 3", "retry: 4",
        ": note",
        "event", "\ufeff", "é", "\0", "");

    [Theory]
    [InlineData("", true)]
    [InlineData("data: 1", false)]
    [InlineData("data: 1\n", false)]
    [InlineData("data: 1\n\n", true)]
    [InlineData("data: 1\r\r", true)]
    [InlineData("data: 1\r\n\r\n", true)]
    [InlineData("data: 1\r\n\r", true)]
    [InlineData("data: 1\r\n", false)]
    [InlineData("\n\n\n", true)]
    [InlineData(":\n", true)]
    [InlineData(": note", false)]
    [InlineData("retry: 5\n", true)]
    [InlineData("retry: 5", false)]
    [InlineData("retryx: 5\n", false)]
    [InlineData(":\nretry: 5\n:\r\n", true)]
    [InlineData(":\nid: 5\n:\n", false)]
    [InlineData(":\n\n", true)]
    [InlineData("id: 1\n\ndata", false)]
    public void Detects_the_end_of_a_frame(string bytes, bool boundary)
    {
        var scanner = new FrameScanner();

        scanner.Scan(Encoding.UTF8.GetBytes(bytes));

        Assert.Equal(boundary, scanner.AtFrameBoundary);
    }

    [Theory]
    [InlineData("data: 1\n\ndata: 2\n\n", 2)]
    [InlineData("data\n\n", 1)]
    [InlineData("data:\r\n\r\n", 1)]
    [InlineData("datax: 1\n\n", 0)]
    [InlineData("dat: 1\n\n", 0)]
    [InlineData("id: 1\n\nretry: 2\n\n: data: 3\n\n", 0)]
    [InlineData("event: x\rdata: 1\rdata: 2\r\r", 1)]
    [InlineData("data: 1\n", 0)]
    public void Counts_the_events_that_clients_dispatch(string bytes, int events)
    {
        var scanner = new FrameScanner();

        scanner.Scan(Encoding.UTF8.GetBytes(bytes));

        Assert.Equal(events, scanner.Events);
    }

    [Fact]
    public void Drops_a_leading_byte_order_mark_and_no_other()
    {
        var scanner = new FrameScanner();

        string first = Encoding.UTF8.GetString(scanner.Scan([0xEF, 0xBB, 0xBF, .. "data: 1\n\n"u8]));
        string second = Encoding.UTF8.GetString(scanner.Scan([0xEF, 0xBB, 0xBF]));

        Assert.Equal("data: 1\n\n", first);
        Assert.Equal("\uFEFF", second);
    }

    [Theory]
    [InlineData("data: 1\r\n\r", "\ndata: 2\r\n\r\n")]
    [InlineData("data: 1\r\r", "data: 2\r\n\r\n")]
    [InlineData("data: 1\n\n", "data: 2\r\n\r\n")]
    public void A_frame_between_CR_and_LF_adds_no_blank_line(string first, string second)
    {
        var scanner = new FrameScanner();

        scanner.Scan(Encoding.UTF8.GetBytes(first));
        scanner.BeforeInsertedFrame();
        scanner.BeforeInsertedFrame();
        string rest = Encoding.UTF8.GetString(scanner.Scan(Encoding.UTF8.GetBytes(second)));

        Assert.Equal("data: 2\r\n\r\n", rest);
        Assert.Equal(1, scanner.Events);
        Assert.True(scanner.AtFrameBoundary);
    }

    [Fact]
    public void A_separate_line_feed_is_kept_after_a_frame()
    {
        var scanner = new FrameScanner();

        scanner.Scan("data: 1\r\n\r"u8);
        scanner.BeforeInsertedFrame();

        Assert.Equal("\n", Encoding.UTF8.GetString(scanner.Scan("\n\n"u8)));
    }

    [Fact]
    public void Has_the_same_result_however_the_bytes_are_split()
    {
        Gen<string> lines = Gen.Elements("data: x", "data", "event: e", ":", "", "id: 1", "dat").ListOf()
            .SelectMany(parts => Gen.Elements("\n", "\r", "\r\n").Select(lineBreak => string.Join(lineBreak, parts)));

        Prop.ForAll(lines.ToArbitrary(), Gen.Choose(1, 5).ToArbitrary(), (text, size) =>
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text);
            var whole = new FrameScanner();
            whole.Scan(bytes);
            var cut = new FrameScanner();
            int events = 0;
            foreach (byte[] part in bytes.Chunk(size))
            {
                cut.Scan(part);
                events += cut.Events;
            }

            return whole.AtFrameBoundary == cut.AtFrameBoundary && whole.Events == events;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Drops_a_byte_order_mark_after_an_empty_write()
    {
        var scanner = new FrameScanner();

        scanner.Scan([]);
        string mark = Encoding.UTF8.GetString(scanner.Scan("\ufeff"u8));
        string first = Encoding.UTF8.GetString(scanner.Scan("data: one\n\n"u8));
        string second = Encoding.UTF8.GetString(scanner.Scan("\ufeffdata: two\n\n"u8));

        Assert.Equal("", mark);
        Assert.Equal("data: one\n\n", first);
        Assert.Equal("\ufeffdata: two\n\n", second);
    }

    [Fact]
    public void Counts_events_as_clients_do_however_bytes_are_split() => Always.HoldsForSequences(Chunk, static chunks =>
    {
        var scanner = new FrameScanner();
        var passed = new MemoryStream();

        int events = 0;
        foreach (byte[] chunk in chunks.Select(Encoding.UTF8.GetBytes))
        {
            passed.Write(scanner.Scan(chunk));
            events += scanner.Events;
        }

        Assert.Equal(Read(passed).Events.Count, events);
        return Task.CompletedTask;
    });

    [Fact]
    public void An_inserted_frame_changes_no_event_of_the_client() => Always.HoldsForSequences(Chunk, static chunks =>
    {
        var scanner = new FrameScanner();
        var plain = new MemoryStream();
        var withHeartbeats = new MemoryStream();

        foreach (byte[] chunk in chunks.Select(Encoding.UTF8.GetBytes))
        {
            ReadOnlySpan<byte> written = scanner.Scan(chunk);
            plain.Write(written);
            withHeartbeats.Write(written);
            if (scanner.AtFrameBoundary)
            {
                withHeartbeats.Write(": \n\n"u8);
            }
        }

        EventStreamReading expected = Read(plain);
        EventStreamReading read = Read(withHeartbeats);
        Assert.Equal(expected.Events, read.Events);
        Assert.Equal(expected.ReconnectionTime, read.ReconnectionTime);
        return Task.CompletedTask;
    });

    // As on a connection, a comment precedes the first byte, so that no later byte order mark leads the stream.
    private static EventStreamReading Read(MemoryStream stream) => EventStreamReading.Of([.. ": \n\n"u8, .. stream.ToArray()]);
}
