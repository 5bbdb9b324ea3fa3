using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>Completes and deletes topics.</summary>
internal sealed class TopicChanges(ScriptRunner scripts, TopicArguments arguments)
{
    public Task CompleteAsync(string topic, SseTopicStatus status, SsePosition? expected, CancellationToken cancellationToken) =>
        ChangeAsync(
            Script.Complete,
            topic,
            arguments.With(topic, (int)status, expected?.Epoch ?? "", expected?.Sequence ?? 0),
            expected,
            cancellationToken);

    public Task DeleteAsync(string topic, string? expectedEpoch, CancellationToken cancellationToken) => ChangeAsync(
        Script.Delete,
        topic,
        arguments.With(topic, expectedEpoch ?? ""),
        expectedEpoch is null ? null : new SsePosition(expectedEpoch, 0),
        cancellationToken);

    private Task ChangeAsync(
        Script script, string topic, RedisValue[] values, SsePosition? expected, CancellationToken cancellationToken)
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
                throw SseStaleEpochException.ForTopic(topic, expected!.Value);
            }
        }
    }
}
