using SseKit.MiddlewareTests.App;
using SseKit.MiddlewareTests.Infrastructure;

namespace SseKit.MiddlewareTests;

/// <summary>
/// UseSse before the middlewares that wrap a response, some of which compress it: streams of other code still arrive at once and complete.
/// </summary>
public sealed class UseSseFirstTests() : FullAppTest(useSseIsFirst: true)
{
    public static TheoryData<string, int> Kinds => Streams.OnEachVersion(Streams.Foreign);

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_stream_is_prompt_complete_and_private(string kind, int httpVersion)
    {
        HttpClient http = ClientOf(httpVersion);
        using AppStream first = await AppStream.OpenAsync(http, kind, "first");
        using AppStream second = await AppStream.OpenAsync(http, kind, "second");
        Assert.Equal(Script.First("first"), await first.NextAsync());
        Assert.Equal(Script.First("second"), await second.NextAsync());

        await second.FinishAsync(Script);
        await first.FinishAsync(Script);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Ordinary_responses_are_unchanged(int httpVersion) => AssertOrdinaryAsync(ClientOf(httpVersion));
}
