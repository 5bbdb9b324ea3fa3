using SseKit.Connections;

namespace SseKit.Tests.Connections;

public sealed class EndRuleTests
{
    private static readonly EndReason[] OfOurs =
        [EndReason.Shutdown, EndReason.Lifetime, EndReason.Cancelled, EndReason.Disconnected, EndReason.Unauthorized];
    private static readonly EndReason[] WithoutReader = [EndReason.ClientLeft, EndReason.WriteTimeout, EndReason.Aborted];

    private static readonly SseShutdownEnd[] Options = Enum.GetValues<SseShutdownEnd>();

    public static TheoryData<string, string, SseShutdownEnd> All
    {
        get
        {
            var data = new TheoryData<string, string, SseShutdownEnd>();
            foreach (EndReason reason in Enum.GetValues<EndReason>().Where(reason => reason != EndReason.None))
            {
                foreach (Reconnecting reconnecting in Enum.GetValues<Reconnecting>())
                {
                    Array.ForEach(Options, option => data.Add($"{reason}", $"{reconnecting}", option));
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Only_a_complete_or_reconnecting_stream_ends_cleanly(string reasonName, string reconnectingName, SseShutdownEnd option)
    {
        // By names, because the types are not public and test methods are.
        var reason = Enum.Parse<EndReason>(reasonName);
        var reconnecting = Enum.Parse<Reconnecting>(reconnectingName);

        EndRule rule = EndRule.Of(reason, reconnecting, new SseOptions { ShutdownEnd = option });

        bool cutsCleanly = option switch
        {
            SseShutdownEnd.Clean => reconnecting != Reconnecting.Never,
            SseShutdownEnd.Abort => false,
            _ => reconnecting == Reconnecting.AfterAnyEnd,
        };
        Assert.Equal(reason is EndReason.Completed or EndReason.Refused || (cutsCleanly && OfOurs.Contains(reason)), rule.IsClean);
        Assert.Equal(!WithoutReader.Contains(reason), rule.HasReader);
        Assert.Equal(reason == EndReason.Failed, rule.LastFrame == LastFrame.FailureEvent);
        Assert.Equal(
            reason is EndReason.Shutdown or EndReason.Disconnected && reconnecting != Reconnecting.Never,
            rule.LastFrame == LastFrame.Retry);
    }

    [Theory]
    [InlineData("Never")]
    [InlineData("AfterBreak")]
    [InlineData("AfterAnyEnd")]
    public void A_failure_event_that_ends_the_answer_ends_it_cleanly(string reconnecting) =>
        Assert.Equal(
            new EndRule(LastFrame.FailureEvent, IsClean: true),
            EndRule.Of(EndReason.Failed, Enum.Parse<Reconnecting>(reconnecting), new SseOptions { FailureEventEndsStream = true }));
}
