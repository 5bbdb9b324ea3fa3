using System.Collections.Concurrent;

namespace SseKit.PostgreSql.Tests.Appending;

public sealed class AppendQueueTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Publishers_that_publish_repeatedly_get_their_results_in_order(int topics)
    {
        const int Publishers = 16;
        const int EventsEach = 500;
        var database = new ConcurrentDictionary<string, List<byte>>();
        var queue = new AppendQueue(async (batch, _) =>
        {
            await Task.Yield();
            for (int i = 0; i < batch.Topics.Count; i++)
            {
                List<byte> stored = database.GetOrAdd(batch.Topics[i].Topic, _ => []);
                foreach (PendingAppend append in batch.AppendsOf(i))
                {
                    stored.Add(append.Request.Payloads[0].Span[0]);
                    append.Complete(new SseAppendResult { Position = new SsePosition("epoch", stored.Count), IsNew = true });
                }
            }

            return new bool[batch.Topics.Count];
        });

        long[][] sequences = await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(async () =>
        {
            var positions = new List<long>();
            for (int i = 0; i < EventsEach; i++)
            {
                var request = new SseAppendRequest { Topic = $"topic {publisher % topics}", Payloads = [new[] { (byte)publisher }] };
                positions.Add((await queue.AppendAsync(new PendingAppend(request), CancellationToken.None)).Position.Sequence);
            }

            return positions.ToArray();
        }))).OrTimeout();

        Assert.Equal(Publishers * EventsEach, database.Values.Sum(stored => stored.Count));
        Assert.All(sequences, each => Assert.Equal(each.Order(), each));
    }
}
