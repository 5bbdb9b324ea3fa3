using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>A filter of the app that throws in the middle of a burst.</summary>
public sealed class FollowFilterFailureTests : FollowTest
{
    private const string Message = "The filter is broken.";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_byte_of_a_failed_stream_reaches_another_client(bool fromTail)
    {
        const int Rounds = 30;
        const int Others = 6;
        await StartAsync();
        RawConnection[] others = await Task.WhenAll(Enumerable.Range(0, Others).Select(_ => OpenRawAsync("/follow?topics=other")));

        for (int round = 0; round < Rounds; round++)
        {
            string topic = $"secret-{round}";
            await Publisher.PublishAsync(topic, "first", "a");
            if (fromTail)
            {
                RawConnection raw = await OpenRawAsync($"/picky?topic={topic}");
                await Publisher.PublishAsync(topic, "SECRET", "a");
                await Publisher.PublishAsync(topic, "SECRET", "b");
                await raw.ReadToBreakAsync();
            }
            else
            {
                await Publisher.PublishAsync(topic, "SECRET", "a");
                await Publisher.PublishAsync(topic, "SECRET", "b");
                RawConnection raw = await App.ConnectAsync();
                await raw.GetAsync($"/picky?topic={topic}&from=Earliest");
                await raw.ReadToBreakAsync();
            }

            await Publisher.PublishAsync("other", $"round {round}");
        }

        Assert.Equal(Rounds, Logs.Records.Count(record => record.Level == LogLevel.Error));
        foreach (RawConnection other in others)
        {
            string read = await other.ReadUntilAsync($"data: round {Rounds - 1}\n");
            Assert.DoesNotContain("SECRET", read, StringComparison.Ordinal);
            Assert.DoesNotContain("event: a", read, StringComparison.Ordinal);
            Assert.Equal(Rounds, read.Split("data: round ").Length - 1);
        }
    }

    private async Task<RawConnection> OpenRawAsync(string path)
    {
        RawConnection raw = await App.ConnectAsync();
        await raw.GetAsync(path);
        await raw.ReadUntilAsync("ssekit.open");
        return raw;
    }

    private Task StartAsync()
    {
        Logs.ExpectError(record => record.Exception?.Message == Message);
        return StartFollowAppAsync(endpoints: app => app.MapSse(
            "/picky", (string topic, string? from) => SseResults.Follow([topic], new SseFollowOptions
            {
                StartAt = from is null ? SseReplayStart.Latest : SseReplayStart.Earliest,
                EventTypeFilter = type => type == "a" ? true : throw new KeyNotFoundException(Message),
            })));
    }
}
