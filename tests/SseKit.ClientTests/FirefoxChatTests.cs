using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

/// <summary>The chat page in another browser than in its own tests. The scenarios are written in firefox-chat.mjs.</summary>
public sealed class FirefoxChatTests(FirefoxChat firefox) : IClassFixture<FirefoxChat>
{
    [FirefoxTheory]
    [InlineData("an answer grows while the model writes")]
    [InlineData("a reload in the middle changes nothing and does not ask again")]
    [InlineData("a late tab shows the same")]
    [InlineData("stop in one tab ends the answer in the other")]
    [InlineData("a dropped connection misses nothing")]
    [InlineData("a 502 while the page reconnects does not end the answer")]
    [InlineData("a model that fails is reported")]
    [InlineData("an answer that is cut off does not look complete")]
    [InlineData("nothing that a model writes becomes markup or runs")]
    public void Scenario_passes_in_Firefox(string scenario)
    {
        string? outcome = firefox.Outcome(scenario);

        Assert.True(outcome == "passed", outcome);
    }
}
