using System.Net.ServerSentEvents;
using SseKit.Stores;

namespace SseKit.Dashboard.Tailing;

/// <summary>Reads the new events of one topic, once a second.</summary>
/// <remarks>Events beyond a bound are passed over, so that a busy topic loads neither the store nor the page.</remarks>
internal sealed class TopicTail(string topic, DashboardApp app)
{
    // What a viewer can read in a second, and what a page can show. (I8)
    private const int MaxEvents = 100;
    private const int FirstEvents = 20;
    private const int MaxData = 2000;
    private const int MaxTopicLength = 256;
    private const int Attempts = 3;

    private SsePosition? _position;
    private TailPage _last = new();

    /// <summary>Returns whether a text can be the name of an app's topic. SseKit's own topics hold no events.</summary>
    public static bool IsTopic(string text) =>
        text.Length is > 0 and <= MaxTopicLength && !text.StartsWith("ssekit.", StringComparison.Ordinal);

    /// <summary>Reads what is new.</summary>
    /// <returns>Null if nothing is new.</returns>
    public async Task<TailPage?> ReadAsync(CancellationToken cancellationToken)
    {
        TailPage page;
        try
        {
            page = await ReadStoreAsync(cancellationToken).WaitAsync(cancellationToken);
        }
        catch (SseGapException)
        {
            // The topic holds so few events that they expire between two calls.
            page = new TailPage { Gap = "expired" };
            _position = null;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The store's outage is logged by those who need it.
            page = new TailPage { IsStoreFailing = true };
        }

        bool isNew = page.Events.Count > 0 || page.Skipped > 0 || page.Gap is not null
            || page.Status != _last.Status || page.IsStoreFailing != _last.IsStoreFailing;
        _last = page;
        return isNew ? page : null;
    }

    private async Task<TailPage> ReadStoreAsync(CancellationToken cancellationToken)
    {
        for (int attempt = 1; attempt < Attempts; attempt++)
        {
            try
            {
                return await ReadOnceAsync(cancellationToken);
            }
            catch (SseGapException)
            {
                // What follows the position expired between the two calls.
            }
        }

        return await ReadOnceAsync(cancellationToken);
    }

    private async Task<TailPage> ReadOnceAsync(CancellationToken cancellationToken)
    {
        SseTopicState state = (await app.Store.GetStatesAsync([topic], cancellationToken))[0];
        (long from, string? gap) = StartIn(state);
        long after = Math.Max(from, state.Latest.Sequence - (_position is null ? FirstEvents : MaxEvents));
        SsePosition position = state.Latest with { Sequence = after };
        var page = new TailPage { Skipped = _position is null ? 0 : after - from, Gap = gap, Status = state.Status.ToString() };
        if (after < state.Latest.Sequence)
        {
            List<TailEvent> events = [];
            await foreach (SseItem<string> item in app.Publisher.ReadAsync(topic, position.ToString(), cancellationToken))
            {
                events.Add(Shorten(item));
                if (events.Count == MaxEvents)
                {
                    break;
                }
            }

            page = page with { Events = events };
            position = EndOf(events, state);
        }

        _position = position;
        return page;
    }

    // The position from which a complete tail would continue.
    private (long From, string? Gap) StartIn(SseTopicState state)
    {
        long beforeEarliest = state.EarliestSequence - 1;
        if (_position is not { } last)
        {
            return (beforeEarliest, null);
        }

        // After a failover, the log continues with the events that it has kept, under another epoch.
        return state.Find(last) switch
        {
            null => (beforeEarliest, "unknown"),
            { } position when position.Sequence < beforeEarliest => (beforeEarliest, "expired"),
            { } position => (position.Sequence, null),
        };
    }

    // Entries that are no events are passed over. A page that is full ends at its last event.
    private static SsePosition EndOf(List<TailEvent> events, SseTopicState state)
    {
        bool hasLast = SsePosition.TryParse(events.LastOrDefault()?.Id, out SsePosition last);
        return hasLast && (events.Count == MaxEvents || last.Sequence > state.Latest.Sequence) ? last : state.Latest;
    }

    private static TailEvent Shorten(SseItem<string> item) => new(
        item.EventId, item.EventType, item.Data.Length > MaxData ? item.Data[..MaxData] : item.Data, item.Data.Length);
}
