using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using SseKit.Connections;
using SseKit.Stores;

namespace SseKit.Topics.Disconnecting;

/// <summary>
/// Sends disconnections to the other servers that share the store, and applies theirs:
/// 1. each disconnection is an entry of one topic, which no client gets as an event;
/// 2. each server reads the entries that were added since it started.
/// </summary>
/// <param name="publisher">Writes the topic.</param>
/// <param name="topics">Reports its changes.</param>
/// <param name="runtime">The state that the app's connections share.</param>
/// <param name="health">Records outages of the store.</param>
internal sealed partial class DisconnectTopic(Publisher publisher, TopicRegistry topics, StreamRuntime runtime, StoreHealth health)
{
    private const string Name = TopicName.Reserved + "disconnections";
    private const int PageSize = 256;

    private readonly string _instance = Guid.NewGuid().ToString("N");
    private readonly Lock _gate = new();
    private SsePosition? _position;
    private bool _isReading;
    private bool _hasChanged;
    private Func<SseDisconnect, int>? _apply;

    // Behind the mark of an entry that is no event.
    private static ReadOnlySpan<byte> Kind => "disconnect "u8;

    /// <summary>Begins to apply the disconnections of other servers.</summary>
    public void Start(Func<SseDisconnect, int> apply)
    {
        _apply = apply;
        topics.Watch(OnTopicChanged);
        OnTopicChanged(Name);
    }

    public async ValueTask SendAsync(SseDisconnect which, CancellationToken cancellationToken)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new Message(_instance, which), DisconnectJson.Default.Message);
        byte[] payload = [EventPayload.ControlMark, .. Kind, .. json];
        await publisher.AppendAsync(new SseAppendRequest { Topic = Name, Payloads = [payload] }, cancellationToken);
    }

    // Null for any topic.
    private void OnTopicChanged(string? topic)
    {
        if (topic is not (null or Name))
        {
            return;
        }

        lock (_gate)
        {
            _hasChanged = true;
            if (_isReading)
            {
                return;
            }

            _isReading = true;
        }

        BackgroundWork.Start(ReadAsync);
    }

    private async Task ReadAsync()
    {
        var backoff = new StoreBackoff(runtime.Time);
        while (TakeChange())
        {
            try
            {
                await ReadToEndAsync();
                health.Answered();
            }
            catch (Exception exception)
            {
                health.Failed(exception);
                OnTopicChanged(Name);
                await backoff.WaitAsync(CancellationToken.None);
            }
        }
    }

    private bool TakeChange()
    {
        lock (_gate)
        {
            _isReading = _hasChanged && !runtime.DrainOver.IsCancellationRequested;
            _hasChanged = false;
            return _isReading;
        }
    }

    private async Task ReadToEndAsync()
    {
        // Streams that are open now were opened after earlier entries.
        SsePosition position = _position ?? (await publisher.Store.GetStateAsync(Name, CancellationToken.None)).Latest;
        while (true)
        {
            _position = position;
            SseReadResult page = await publisher.Store.ReadAsync(Name, position, PageSize, CancellationToken.None);
            if (page is { Status: SseReadStatus.Ok, Events.Count: 0 })
            {
                return;
            }

            foreach (SseStoredEvent entry in page.Events)
            {
                Apply(entry.Payload.Span);
            }

            position = page switch
            {
                { Status: SseReadStatus.Ok, Events: [.., var last] } => page.State.Latest with { Sequence = last.Sequence },
                { Status: SseReadStatus.Expired } => Expired(page.State),
                _ => FirstUnread(position, page.State),
            };
        }
    }

    private SsePosition Expired(SseTopicState state)
    {
        Log.Missed(runtime.Logger);
        return state.Latest with { Sequence = state.EarliestSequence - 1 };
    }

    // The topic was unused so far, its log was replaced, or a failover has lost entries. All entries that are not shared are new.
    private static SsePosition FirstUnread(SsePosition position, SseTopicState state)
    {
        long read = Math.Min(position.Sequence, state.SharedWith(position.Epoch) ?? 0);
        return state.Latest with { Sequence = Math.Max(state.EarliestSequence - 1, read) };
    }

    private void Apply(ReadOnlySpan<byte> payload)
    {
        // An event of the app is none.
        if (!EventPayload.IsControl(payload) || !payload[1..].StartsWith(Kind))
        {
            return;
        }

        Message message = JsonSerializer.Deserialize(payload[(1 + Kind.Length)..], DisconnectJson.Default.Message)!;
        if (message.Sender != _instance)
        {
            _apply!(message.Which);
        }
    }

    internal sealed record Message(string Sender, SseDisconnect Which);

    private static partial class Log
    {
        [LoggerMessage(
            LogEventIds.DisconnectionsMissed,
            LogLevel.Warning,
            "The store no longer holds disconnections of other servers that this server has not read; their streams stay open.")]
        public static partial void Missed(ILogger logger);
    }
}

/// <summary>Describes the entries of the topic for serialization.</summary>
[JsonSerializable(typeof(DisconnectTopic.Message))]
internal sealed partial class DisconnectJson : JsonSerializerContext;
