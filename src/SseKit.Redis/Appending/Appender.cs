using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Appends batches by one script each, and completes each caller's append.</summary>
internal sealed class Appender(ScriptRunner scripts, TopicArguments arguments, CancellationToken stopping)
{
    private const int ArgumentsOfAppend = 3;

    public async Task AppendAsync(string topic, IReadOnlyList<PendingAppend> appends)
    {
        try
        {
            var results = (RedisResult[])(await scripts.RunAsync(
                Script.Append, arguments.KeysOf(topic), ArgumentsOf(topic, appends), stopping))!;
            Complete(topic, appends, (string)results[0]!, (long[])results[1]!);
        }
        catch (Exception exception)
        {
            Exception explained = RedisErrors.OfChange(exception);
            foreach (PendingAppend append in appends)
            {
                append.Fail(explained);
            }
        }
    }

    private RedisValue[] ArgumentsOf(string topic, IReadOnlyList<PendingAppend> appends)
    {
        RedisValue[] values = arguments.Of(topic, appends.Sum(append => ArgumentsOfAppend + append.Request.Payloads.Count));
        int next = TopicArguments.Count;
        foreach (PendingAppend append in appends)
        {
            values[next++] = append.Request.Payloads.Count;
            values[next++] = append.Key ?? RedisValue.EmptyString;
            values[next++] = append.Request.ExpectedEpoch ?? "";
            foreach (ReadOnlyMemory<byte> payload in append.Request.Payloads)
            {
                values[next++] = payload;
            }
        }

        return values;
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
