using FsCheck.Fluent;
using SseKit.Stores;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Stores;

public sealed class DequeTests
{
    [Fact]
    public void Behaves_as_a_list_without_its_first_items() =>
        Always.HoldsForSequences(Gen.Frequency((5, Gen.Choose(1, 40)), (4, Gen.Choose(-40, -1)), (1, Gen.Constant(0))), steps =>
        {
            var deque = new Deque<string>();
            var list = new List<string>();
            int next = 0;
            foreach (int step in steps)
            {
                for (int i = 0; i < step; i++)
                {
                    deque.Enqueue($"{next}");
                    list.Add($"{next++}");
                }

                for (int i = 0; i > step && list.Count > 0; i--)
                {
                    Assert.Equal(list[0], deque.Dequeue());
                    list.RemoveAt(0);
                }

                if (step == 0)
                {
                    deque.Clear();
                    list.Clear();
                }

                Assert.Equal(list, Enumerable.Range(0, deque.Count).Select(i => deque[i]));
            }

            return Task.CompletedTask;
        });

    [Fact]
    public void Does_not_reference_removed_items()
    {
        var deque = new Deque<object>();
        WeakReference taken = EnqueueAndTake(deque);

        GC.Collect();

        Assert.False(taken.IsAlive);
        Assert.Equal(1, deque.Count);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference EnqueueAndTake(Deque<object> deque)
    {
        deque.Enqueue(new object());
        deque.Enqueue(new object());
        return new WeakReference(deque.Dequeue());
    }
}
