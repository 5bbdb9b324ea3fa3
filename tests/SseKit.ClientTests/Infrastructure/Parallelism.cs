// The tests wait most of the time, so they need no core each.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]
