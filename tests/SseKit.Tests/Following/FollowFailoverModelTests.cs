using System.Net.ServerSentEvents;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Following;

/// <summary>
/// Random publishes here and elsewhere, failovers, and clients that come and go. A client that received no lost event receives the whole
/// log and no gap. Any other gets a gap, and after its last one everything up to the end.
/// </summary>
public sealed class FollowFailoverModelTests : FailoverTest
{
    private const int Clients = 10;
    private const int Steps = 12;
    private const string End = "end";

    private int _published;

    [Fact]
    public async Task A_client_misses_no_event_without_a_gap()
    {
        const int Rounds = 200;
        await StartFailoverAppAsync();
        for (int round = 0; round < Rounds; round++)
        {
            await RunAsync($"topic {round}", new Random(round));
        }
    }

    private async Task RunAsync(string topic, Random random)
    {
        FailoverClient[] clients = [.. Enumerable.Range(0, Clients).Select(_ => new FailoverClient())];
        await Task.WhenAll(clients.Select(client => ConnectAsync(client, topic)));
        int held = 0;
        int losses = 0;
        bool beganAgain = false;
        for (int step = 0; step < Steps; step++)
        {
            int count = random.Next(1, 8);
            switch (random.Next(6))
            {
                case 0 or 1:
                    await PublishAsync(_published + 1, _published += count, topic);
                    held += count;
                    break;

                case 2:
                    await AppendElsewhereAsync(_published + 1, _published += count, topic);
                    held += count;
                    Store.Notify(random.Next(3) switch { 0 => null, _ => topic });
                    break;

                case 3 when held > 0:
                    int lost = random.Next(0, Math.Min(held, 10) + 1);
                    Store.FailOver((topic, lost));
                    held -= lost;
                    losses += lost > 0 ? 1 : 0;
                    beganAgain |= held == 0;
                    if (random.Next(2) == 0)
                    {
                        Store.Notify(null);
                    }

                    break;

                case 4:
                    await Task.WhenAll(clients[..random.Next(Clients)].Select(async client =>
                    {
                        await client.LeaveAsync();
                        await ConnectAsync(client, topic);
                    }));
                    break;

                default:
                    await clients[random.Next(Clients)].ReadAvailableAsync(random.Next(1, 5));
                    break;
            }
        }

        await Publisher.PublishAsync(topic, End);
        string[] log = [.. (await Publisher.ReadAsync(topic).ToArrayAsync()).Select(item => item.Data)];
        foreach (FailoverClient client in clients)
        {
            await client.ReadToAsync(End);
            Check(client.Read, log, losses, beganAgain);
            await client.LeaveAsync();
        }
    }

    private static void Check(List<string> read, string[] log, int losses, bool beganAgain)
    {
        string story = $"read {string.Join(' ', read)}; log {string.Join(' ', log)}";
        bool gotLost = read.Exists(data => data != Unknown && !log.Contains(data));
        int gaps = read.Count(data => data == Unknown);
        Assert.True(gaps <= losses, story);

        // A log that never began in the new history does not know the epochs that it had in between.
        Assert.True(gotLost || gaps == 0 || beganAgain, story);
        string[] last = [.. read.Skip(read.LastIndexOf(Unknown) + 1)];
        Assert.True(gaps > 0 ? log.AsSpan().EndsWith(last) : log.SequenceEqual(last), story);
    }

    private async Task ConnectAsync(FailoverClient client, string topic) =>
        client.Use(await FollowAsync(Uri.EscapeDataString(topic), client.LastEventId));

    /// <summary>A client that reads as slowly as the test wants, and resumes where it was.</summary>
    private sealed class FailoverClient
    {
        private StreamClient? _stream;
        private Task<SseItem<string>>? _next;

        public List<string> Read { get; } = [];

        public string? LastEventId { get; private set; }

        public void Use(StreamClient stream)
        {
            _stream = stream;
            _next = null;
            LastEventId = stream.LastEventId.Length > 0 ? stream.LastEventId : null;
        }

        /// <summary>Reads at most so many events, without waiting for one.</summary>
        public async Task ReadAvailableAsync(int count)
        {
            for (int i = 0; i < count; i++)
            {
                _next ??= _stream!.NextAsync();
                if (!_next.IsCompleted)
                {
                    return;
                }

                await TakeAsync();
            }
        }

        public async Task ReadToAsync(string data)
        {
            while (Read is not [.., var last] || last != data)
            {
                _next ??= _stream!.NextAsync();
                await TakeAsync();
            }
        }

        // What was received and not read is lost with the connection, as in a network.
        public async Task LeaveAsync()
        {
            if (_next is { IsCompletedSuccessfully: true })
            {
                await TakeAsync();
            }

            await _stream!.DisposeAsync();
            if (_next is not null)
            {
                await _next.ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }

        private async Task TakeAsync()
        {
            SseItem<string> item = await _next!;
            _next = null;
            LastEventId = _stream!.LastEventId;
            if (item.EventType != "ssekit.open")
            {
                Read.Add(item.Data);
            }
        }
    }
}
