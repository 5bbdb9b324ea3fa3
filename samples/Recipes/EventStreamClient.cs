using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Recipes;

/// <summary>Reads an event stream, reconnects where it stopped, and ends when the server has nothing more to send.</summary>
/// <param name="http">Sends the requests. Its timeout applies to the headers of a response only.</param>
/// <param name="onGap">Called with the data of <c>ssekit.gap</c>: events are missing, so load the state again.</param>
/// <param name="time">The clock; null for the system's.</param>
internal sealed class EventStreamClient(HttpClient http, Action<string> onGap, TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    // Until the server names a time. Random, so that the clients of a server that restarts do not return together.
    private TimeSpan _retry = TimeSpan.FromSeconds(1.5 + (3 * Random.Shared.NextDouble()));

    private enum Outcome
    {
        Event,
        End,
        Break,
    }

    /// <summary>The id to resume from, for a client that keeps it over its own restart.</summary>
    public string LastEventId { get; set; } = "";

    /// <summary>The longest time without a byte. The server writes a heartbeat every 15 seconds.</summary>
    public TimeSpan SilenceTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>Reads the events of all connections. A GET reconnects until the server answers 204.</summary>
    /// <param name="createRequest">Creates the request of each connection, because a request can be sent once.</param>
    /// <param name="ct">Ends the reading.</param>
    /// <exception cref="HttpRequestException">The server refuses the request, or the stream cannot be continued.</exception>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(
        Func<HttpRequestMessage> createRequest, [EnumeratorCancellation] CancellationToken ct = default)
    {
        for (int connection = 1; ; connection++)
        {
            if (connection > 1)
            {
                await Task.Delay(_retry, _time, ct);
            }

            using HttpRequestMessage request = createRequest();
            using HttpResponseMessage? response = await TryConnectAsync(request, ct);
            if (response?.StatusCode == HttpStatusCode.NoContent)
            {
                yield break; // The topic is complete, and all of it was read.
            }

            Outcome outcome = Outcome.Break;
            if (response is not null)
            {
                Stream body = await response.Content.ReadAsStreamAsync(ct);
                var parser = SseParser.Create(new SilenceTimeoutStream(body, SilenceTimeout, _time));
                await using var events = parser.EnumerateAsync(ct).GetAsyncEnumerator(ct);
                while ((outcome = await TryMoveNextAsync(events)) == Outcome.Event)
                {
                    LastEventId = parser.LastEventId is "" ? LastEventId : parser.LastEventId;
                    switch (events.Current.EventType)
                    {
                        case "ssekit.gap": onGap(events.Current.Data); break;
                        case "ssekit.failed": throw new HttpRequestException("The server failed before the end of the stream.");
                        case "ssekit.open": break;
                        default: yield return events.Current; break;
                    }
                }

                _retry = parser.ReconnectionInterval > TimeSpan.Zero ? parser.ReconnectionInterval : _retry;
            }

            if (request.Method != HttpMethod.Get && outcome == Outcome.End)
            {
                yield break; // The clean end of a POST is the end of its answer.
            }

            if (request.Method != HttpMethod.Get && LastEventId is "")
            {
                // Without an id, the next request could begin a second answer.
                throw new HttpRequestException("The connection broke before the first event.");
            }
        }
    }

    private async Task<HttpResponseMessage?> TryConnectAsync(HttpRequestMessage request, CancellationToken ct)
    {
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (LastEventId is not "")
        {
            request.Headers.Add("Last-Event-ID", LastEventId);
        }

        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !ct.IsCancellationRequested)
        {
            return null; // Refused, reset or late: the server may restart.
        }

        if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.NoContent)
        {
            return response;
        }

        using (response)
        {
            _retry = response.Headers.RetryAfter?.Delta ?? _retry;
            return response.StatusCode is HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError
                ? null
                : throw new HttpRequestException($"The server answered {(int)response.StatusCode}.", null, response.StatusCode);
        }
    }

    private static async Task<Outcome> TryMoveNextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync() ? Outcome.Event : Outcome.End;
        }
        catch (IOException)
        {
            return Outcome.Break;
        }
    }
}
