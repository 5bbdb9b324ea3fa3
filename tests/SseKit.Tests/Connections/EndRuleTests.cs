using SseKit.Connections;

namespace SseKit.Tests.Connections;

public sealed class EndRuleTests
{
    private static readonly EndReason[] OfOurs =
        [EndReason.Shutdown, EndReason.Lifetime, EndReason.Cancelled, EndReason.Disconnected, EndReason.Unauthorized];
    private static readonly EndReason[] WithoutReader = [EndReason.ClientLeft, EndReason.WriteTimeout, EndReason.Aborted];

    public static TheoryData<EndReasonName, bool> All
    {
        get
        {
            var data = new TheoryData<EndReasonName, bool>();
            foreach (EndReason reason in Enum.GetValues<EndReason>().Where(reason => reason != EndReason.None))
            {
                data.Add(new EndReasonName(reason.ToString()), true);
                data.Add(new EndReasonName(reason.ToString()), false);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Only_a_complete_or_reconnecting_stream_ends_cleanly(EndReasonName name, bool clientReconnects)
    {
        EndReason reason = name.Value;

        EndRule rule = EndRule.Of(reason, clientReconnects, new SseOptions());

        Assert.Equal(reason is EndReason.Completed or EndReason.Refused || (clientReconnects && OfOurs.Contains(reason)), rule.IsClean);
        Assert.Equal(!WithoutReader.Contains(reason), rule.HasReader);
        Assert.Equal(reason == EndReason.Failed, rule.LastFrame == LastFrame.FailureEvent);
        Assert.Equal(
            reason is EndReason.Shutdown or EndReason.Disconnected && clientReconnects, rule.LastFrame == LastFrame.Retry);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_failure_event_that_ends_the_answer_ends_it_cleanly(bool clientReconnects) =>
        Assert.Equal(
            new EndRule(LastFrame.FailureEvent, IsClean: true),
            EndRule.Of(EndReason.Failed, clientReconnects, new SseOptions { FailureEventEndsStream = true }));

    /// <summary>A reason by its name, because the type is not public and test methods are.</summary>
    public sealed record EndReasonName(string Name)
    {
        internal EndReason Value => Enum.Parse<EndReason>(Name);
    }
}
