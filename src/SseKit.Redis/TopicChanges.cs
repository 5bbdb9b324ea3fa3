using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Completes and deletes topics.</summary>
internal sealed class TopicChanges(ScriptRunner scripts, TopicArguments arguments)
{
    public Task CompleteAsync(string topic, SseTopicStatus status, string? expectedEpoch, CancellationToken cancellationToken) =>
        ChangeAsync(Script.Complete, topic, arguments.With(topic, (int)status, expectedEpoch ?? ""), expectedEpoch, cancellationToken);

    public Task DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) =>
        ChangeAsync(Script.Delete, topic, arguments.With(topic, expectedEpoch ?? ""), expectedEpoch, cancellationToken);

    private Task ChangeAsync(
        Script script, string topic, RedisValue[] values, string? expectedEpoch, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // The token ends the caller's wait. A script that is sent continues.
        return ChangeAsync().WaitAsync(cancellationToken);

        async Task ChangeAsync()
        {
            bool isExpected;
            try
            {
                isExpected = (bool)await scripts.RunAsync(script, arguments.KeysOf(topic), values, cancellationToken);
            }
            catch (Exception exception) when (RedisErrors.IsOfRedis(exception))
            {
                throw RedisErrors.OfChange(exception);
            }

            if (!isExpected)
            {
                throw SseStaleEpochException.ForTopic(topic, expectedEpoch!);
            }
        }
    }
}
