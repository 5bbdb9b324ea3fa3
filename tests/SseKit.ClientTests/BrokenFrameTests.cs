using System.Net.ServerSentEvents;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

/// <summary>
/// A connection that breaks inside an event, for a client that stores an id when its line arrives and an event at the blank line.
/// </summary>
public sealed class BrokenFrameTests
{
    private const int Events = 60;

    [NodeFact]
    public async Task FetchEventSource_resumes_before_a_cut_event()
    {
        using var body = new MemoryStream();
        var writer = new SseEventWriter(body);
        await writer.WriteRetryAsync(TimeSpan.FromSeconds(3));
        for (int i = 1; i <= Events; i++)
        {
            await writer.WriteCommentAsync("silence");
            await writer.WriteAsync(
                new SseItem<object>(new { number = i, text = new string('x', i) }, "number") { EventId = $"epoch-{i}" });
        }

        ClientReport report = await NodeClients.RunWithInputAsync("fetch-event-source-cut", body.ToArray());

        Assert.Null(report.Error);
        Assert.Equal(Events, report.Number("events"));

        // One offset for each event: behind the id's line, in front of the blank line.
        Assert.Equal(Events, report.Strings("lost").Length);
        Assert.All(report.Strings("lost"), cut => Assert.Matches(@"^""[0-9]\\n\\n""$", cut));
    }
}
