// The tests wait for answers most of the time, and need no core of their own for that.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]
