using SseKit.PostgreSql;
using SseKit.Stores;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Appends batches by one script each, and completes each caller's append.</summary>
internal sealed class Appender(
    ScriptRunner scripts, TopicArguments arguments, EvictedEvents evicted, CancellationToken stopping)
{
    private const int ArgumentsOfTopic = 2;
    private const int ArgumentsOfAppend = 3;

    /// <summary>Appends a batch. Until it is known that the server is a cluster, its topics may be in several slots.</summary>
    public async Task AppendAsync(IReadOnlyList<TopicBatch> batch)
    {
        try
        {
            var replies = (RedisResult[])(await scripts.RunAsync(Script.Append, KeysOf(batch), ArgumentsOf(batch), stopping))!;
            for (int i = 0; i < batch.Count; i++)
            {
                Complete(batch[i], (RedisResult[])replies[i]!);
            }
        }
        catch (Exception exception) when (batch.Count > 1 && RedisErrors.IsAboutSlots(exception))
        {
            await Task.WhenAll(batch.Select(topic => AppendAsync([topic])));
        }
        catch (Exception exception)
        {
            Exception explained = RedisErrors.OfChange(exception);
            foreach (PendingAppend append in batch.SelectMany(topic => topic.Appends))
            {
                append.Fail(explained);
            }
        }
    }

    private RedisKey[] KeysOf(IReadOnlyList<TopicBatch> batch) =>
        batch.Count == 1 ? arguments.KeysOf(batch[0].Topic) : [.. batch.SelectMany(topic => arguments.KeysOf(topic.Topic))];

    private RedisValue[] ArgumentsOf(IReadOnlyList<TopicBatch> batch)
    {
        RedisValue[] values = arguments.Of(batch[0].Topic, batch.Sum(CountOf));
        int next = TopicArguments.Count;
        foreach (TopicBatch topic in batch)
        {
            values[next++] = arguments.NameOf(topic.Topic);
            values[next++] = topic.Appends.Count;
            foreach (PendingAppend append in topic.Appends)
            {
                values[next++] = append.Request.Payloads.Count;
                values[next++] = append.Key ?? RedisValue.EmptyString;
                values[next++] = append.Request.ExpectedEpoch ?? "";
                foreach (ReadOnlyMemory<byte> payload in append.Request.Payloads)
                {
                    values[next++] = payload;
                }
            }
        }

        return values;
    }

    private static int CountOf(TopicBatch topic) =>
        ArgumentsOfTopic + topic.Appends.Sum(append => ArgumentsOfAppend + append.Request.Payloads.Count);

    // The reply of a topic is an error without results, or an epoch, the results and the number of events that were deleted for the bounds.
    private void Complete(TopicBatch batch, RedisResult[] reply)
    {
        string text = (string)reply[0]!;
        var results = (long[])reply[1]!;
        if (results.Length > 0)
        {
            evicted.Add((long)reply[2]);
            Complete(batch.Topic, batch.Appends, text, results);
            return;
        }

        Exception explained = scripts.Explain(new RedisServerException(RedisErrorKind.UnknownError, CommandFlags.None, text));
        foreach (PendingAppend append in batch.Appends)
        {
            append.Fail(explained);
        }
    }

    private static void Complete(string topic, IReadOnlyList<PendingAppend> appends, string epoch, long[] results)
    {
        for (int i = 0; i < appends.Count; i++)
        {
            var status = (AppendStatus)results[2 * i];
            switch (status)
            {
                case AppendStatus.TopicCompleted:
                    appends[i].Fail(SseTopicCompletedException.ForTopic(topic));
                    break;

                case AppendStatus.EpochStale:
                    appends[i].Fail(SseStaleEpochException.ForTopic(topic, appends[i].Request.ExpectedEpoch!));
                    break;

                default:
                    appends[i].Complete(new SseAppendResult
                    {
                        Position = new SsePosition(epoch, results[(2 * i) + 1]),
                        IsNew = status == AppendStatus.Appended,
                    });
                    break;
            }
        }
    }
}
