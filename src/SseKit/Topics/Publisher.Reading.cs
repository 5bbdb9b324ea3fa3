using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using SseKit.Stores;
using SseKit.Topics.EventIds;
using SseKit.Writing;

namespace SseKit.Topics;

/// <summary>Reads a topic's events and its latest id on the server.</summary>
internal sealed partial class Publisher
{
    private const int PageSize = 256;

    public async ValueTask<string> GetLastEventIdAsync(string topic, CancellationToken cancellationToken = default)
    {
        TopicName.Check(topic, nameof(topic));
        await CallerContext.LeaveAsync();
        return (await store.GetStateAsync(topic, cancellationToken)).Latest.ToString();
    }

    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        string topic, string? afterEventId = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        TopicName.Check(topic, nameof(topic));
        SsePosition position = afterEventId is null ? ResumePosition.Unknown : PositionOf(topic, afterEventId);
        bool mayBegin = afterEventId is null;
        while (true)
        {
            // Each page, because the caller returns for its events on its context.
            await CallerContext.LeaveAsync();
            SseReadResult page = await store.ReadAsync(topic, position, PageSize, cancellationToken);
            if (page.Status != SseReadStatus.Ok && mayBegin)
            {
                // The oldest event can expire before it is read. Then another is the oldest.
                position = page.State.Latest with { Sequence = page.State.EarliestSequence - 1 };
                continue;
            }

            if (page.Status != SseReadStatus.Ok)
            {
                throw new SseGapException(
                    $"Topic '{topic}' cannot be read after {position}; its earliest event is {page.State.EarliestSequence}.")
                {
                    Topic = topic,
                };
            }

            if (page.Events.Count == 0)
            {
                yield break;
            }

            mayBegin = false;
            foreach (SseStoredEvent each in page.Events)
            {
                position = page.State.Latest with { Sequence = each.Sequence };
                if (!EventPayload.IsControl(each.Payload.Span))
                {
                    yield return EventPayload.Decode(each.Payload.Span, position.ToString());
                }
            }
        }
    }

    private static SsePosition PositionOf(string topic, string eventId) =>
        SsePosition.TryParse(ResumePosition.WithoutFailureMark(eventId), out SsePosition position)
            ? position
            : throw new SseGapException($"The id to continue from is not of topic '{topic}'.") { Topic = topic };
}
