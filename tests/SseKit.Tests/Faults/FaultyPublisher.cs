using System.Globalization;
using System.Net.ServerSentEvents;

namespace SseKit.Tests.Faults;

/// <summary>
/// Publishes the events of a stream, each with its key, until each is stored: after a fault the result of a publish is unknown.
/// </summary>
internal static class FaultyPublisher
{
    public static string TypeOf(int number) => number.ToString(CultureInfo.InvariantCulture);

    public static async Task PublishAllAsync(ISsePublisher publisher, FaultyCase stream)
    {
        string[] topics = stream.Topics;
        for (int i = 0; i < FaultyCase.Events; i++)
        {
            var item = new SseItem<FaultyNote>(new FaultyNote(stream with { Fault = Fault.None }, i), TypeOf(i));
            var options = new SsePublishOptions { IdempotencyKey = $"{stream.Name}-{i}" };
            string topic = topics[i % topics.Length];
            await TryUntilDoneAsync(stream, i, async token => await publisher.PublishAsync(topic, item, options, token));
        }

        foreach (string topic in topics)
        {
            await TryUntilDoneAsync(stream, 0, async token => await publisher.CompleteAsync(topic, token));
        }
    }

    private static async Task TryUntilDoneAsync(FaultyCase stream, int number, Func<CancellationToken, Task> publish)
    {
        // The tokens of the first attempts fire before the call, and at moments within it.
        for (int attempt = 0; ; attempt++)
        {
            using var token = new CancellationTokenSource();
            Task firing = stream.Fault == Fault.PublishToken && attempt < 3 ? FireAsync(token, (attempt + number) % 3) : Task.CompletedTask;
            try
            {
                await publish(token.Token);
                return;
            }
            catch (SseTopicCompletedException)
            {
                return;
            }
            catch (OperationCanceledException) when (stream.Fault == Fault.PublishToken && attempt < 3)
            {
                // It may have been stored.
            }
            catch (InvalidOperationException exception) when (exception.Message == stream.FailureMessage && attempt < 3)
            {
                // The same.
            }
            finally
            {
                await firing;
            }
        }
    }

    private static async Task FireAsync(CancellationTokenSource token, int yields)
    {
        for (int i = 0; i < yields; i++)
        {
            await Task.Yield();
        }

        await token.CancelAsync();
    }
}
