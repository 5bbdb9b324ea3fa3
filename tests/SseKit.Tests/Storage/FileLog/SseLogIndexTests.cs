using FsCheck.Fluent;
using SseKit.Storage.FileLog;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Storage.FileLog;

public sealed class SseLogIndexTests
{
    // Positive numbers add as many entries, negative ones take as many.
    [Fact]
    public void Is_a_queue_that_can_be_read_in_the_middle() => Always.HoldsForSequences(Gen.Choose(-300, 400), steps =>
    {
        var index = new SseLogIndex();
        var model = new Queue<SseLogEntry>();
        uint next = 0;
        foreach (int step in steps)
        {
            for (int i = 0; i < step; i++)
            {
                var entry = new SseLogEntry(1, next++, 2, 3);
                index.Add(entry);
                model.Enqueue(entry);
            }

            for (int i = step; i < 0 && model.Count > 0; i++)
            {
                Assert.Equal(model.Dequeue(), index.TakeOldest());
            }

            Assert.Equal(model.Count, index.Count);
            Assert.True(model.SequenceEqual(Enumerable.Range(0, index.Count).Select(i => index[i])));
        }

        return Task.CompletedTask;
    });
}
