using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SseKit.Writing;

namespace SseKit;

/// <summary>
/// Writes server-sent events: formats id, event, retry and data lines (WHATWG HTML §9.2) and flushes each event to the client.
/// In ASP.NET Core, take one as a parameter of an endpoint's handler; elsewhere, construct one over a pipe or a stream.
/// </summary>
/// <remarks>
/// <para>
/// Strings and UTF-8 bytes are written as they are; every other value is written as JSON, with all that its own type adds to the
/// declared one. In an endpoint the JSON options are those of <c>ConfigureHttpJsonOptions</c>; MVC's <c>AddJsonOptions</c> has no effect.
/// Data may hold line breaks: it is split at CR, LF and CRLF, as clients do. An event type is one line without NUL. An
/// event id is printable ASCII without edge spaces, at most 128 characters; empty resets the client's last event id. A reconnection
/// interval is 1 to 2147483647 whole milliseconds. A value that breaks a rule is refused with an <see cref="ArgumentException"/> and
/// nothing is written.
/// </para>
/// <para>
/// Thread-safe: several callers may write at once, and each event is written whole or not at all. When the stream has ended (the
/// client left, the host stops, a deadline passed), every write fails with an <see cref="OperationCanceledException"/>; over a pipe or
/// a stream of your own, with an <see cref="IOException"/>. Its task reports that, so a timer may call it without awaiting. A
/// cancellation token ends the wait for a slow client, never an event in the middle: the event may still arrive.
/// </para>
/// </remarks>
/// <example>
/// <code>
/// app.MapSse("/clock", async (SseEventWriter events, CancellationToken ct) =>
/// {
///     await events.WriteAsync(DateTimeOffset.UtcNow, eventType: "tick", ct);
/// });
/// </code>
/// </example>
public sealed partial class SseEventWriter
{
    private readonly StreamOutput _output;
    private readonly JsonSerializerOptions _jsonOptions;

    /// <summary>Creates a writer over a pipe.</summary>
    /// <param name="output">The pipe. Only this writer may write to it; it is not completed.</param>
    /// <param name="jsonOptions">The JSON options for values. The default is <see cref="JsonSerializerOptions.Web"/>.</param>
    public SseEventWriter(PipeWriter output, JsonSerializerOptions? jsonOptions = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        _output = new StreamOutput(output, EventSize.Default);
        _jsonOptions = jsonOptions is null ? JsonDefaults.Options : JsonDefaults.WithResolver(jsonOptions);
    }

    /// <summary>Creates a writer over a stream.</summary>
    /// <param name="output">A writable stream. Only this writer may write to it; it is not closed.</param>
    /// <param name="jsonOptions">The JSON options for values. The default is <see cref="JsonSerializerOptions.Web"/>.</param>
    public SseEventWriter(Stream output, JsonSerializerOptions? jsonOptions = null)
        : this(PipeWriter.Create(output, new StreamPipeWriterOptions(leaveOpen: true)), jsonOptions)
    {
    }

    internal SseEventWriter(StreamOutput output, JsonSerializerOptions jsonOptions, string? lastEventId)
    {
        _output = output;
        _jsonOptions = jsonOptions;
        LastEventId = lastEventId;
    }

    /// <summary>
    /// The id of the last event that the client has seen: the <c>Last-Event-ID</c> header, else the query parameter
    /// <c>lastEventId</c>. Null if there is none, or if this class could not have written it (too long, not printable ASCII, sent twice).
    /// It is untrusted client input: check what it names before you use it.
    /// </summary>
    public string? LastEventId { get; }

    /// <summary>Writes an event whose data is <paramref name="data"/>, and flushes it.</summary>
    /// <param name="data">The data, as it is. Line breaks split it into several <c>data</c> lines, which the client joins with LF.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync(string data, CancellationToken cancellationToken = default) =>
        WriteAsync(data, eventType: null, cancellationToken);

    /// <summary>Writes an event of a type, and flushes it.</summary>
    /// <param name="data">The data, as it is. Line breaks split it into several <c>data</c> lines, which the client joins with LF.</param>
    /// <param name="eventType">One line without NUL. Null, empty and <c>message</c> are the default type and write no <c>event</c> line.
    /// Avoid <c>error</c>: in a browser it reaches the listeners of connection errors.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync(string data, string? eventType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        return ToValueTask(WriteText(EventFields.ForType(eventType), data, flush: true, cancellationToken));
    }

    /// <summary>Writes an event whose data is UTF-8 text, and flushes it.</summary>
    /// <param name="utf8Data">The data, as it is; it is not checked to be UTF-8. It must not change until the task completes.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> utf8Data, CancellationToken cancellationToken = default) =>
        WriteAsync(utf8Data, eventType: null, cancellationToken);

    /// <summary>Writes an event of a type whose data is UTF-8 text, and flushes it.</summary>
    /// <param name="utf8Data">The data, as it is; it is not checked to be UTF-8. It must not change until the task completes.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> utf8Data, string? eventType, CancellationToken cancellationToken = default) =>
        _output.WriteAsync(new Utf8Event(EventFields.ForType(eventType), utf8Data), flush: true, cancellationToken);

    /// <summary>Writes an event whose data is a value, and flushes it.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="data">The value.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync<T>(T data, CancellationToken cancellationToken = default) =>
        WriteAsync(data, (string?)null, cancellationToken);

    /// <summary>Writes an event of a type whose data is a value, and flushes it.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="data">The value.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync<T>(T data, string? eventType, CancellationToken cancellationToken = default) =>
        WriteValueAsync(EventFields.ForType(eventType), data, flush: true, cancellationToken);

    /// <summary>Writes an event whose data is a value as JSON, with the metadata that Native AOT needs, and flushes it.</summary>
    /// <param name="data">The value. A string, too, is written as JSON.</param>
    /// <param name="jsonTypeInfo">How to write the value.</param>
    /// <param name="eventType">One line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync<T>(
        T data, JsonTypeInfo<T> jsonTypeInfo, string? eventType = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        return ToValueTask(WriteJson(EventFields.ForType(eventType), data, jsonTypeInfo, flush: true, cancellationToken));
    }

    /// <summary>Writes an event with its type, id and reconnection interval, and flushes it.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="item">The event.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync<T>(SseItem<T> item, CancellationToken cancellationToken = default) =>
        WriteValueAsync(EventFields.ForItem(item), item.Data, flush: true, cancellationToken);

    /// <summary>Writes an event whose data is a value as JSON, with the metadata that Native AOT needs, and flushes it.</summary>
    /// <param name="item">The event. Data that is a string, too, is written as JSON.</param>
    /// <param name="jsonTypeInfo">How to write the data.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAsync<T>(SseItem<T> item, JsonTypeInfo<T> jsonTypeInfo, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(jsonTypeInfo);
        return ToValueTask(WriteJson(EventFields.ForItem(item), item.Data, jsonTypeInfo, flush: true, cancellationToken));
    }

    /// <summary>Writes several events with one flush. Each is whole; events of other writers may be written between them.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="items">The events. If one is refused, those before it are still written and flushed.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAllAsync<T>(IEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return EventLoop<T>(cancellationToken).RunAsync(items, cancellationToken);
    }

    /// <summary>Writes values as events of the default type, with one flush. Events of other writers may be written between them.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="items">The values. If one is refused, those before it are still written and flushed.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAllAsync<T>(IEnumerable<T> items, CancellationToken cancellationToken = default) =>
        WriteAllAsync(items, eventType: null, cancellationToken);

    /// <summary>Writes values as events of a type, with one flush. Events of other writers may be written between them.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="items">The values. If one is refused, those before it are still written and flushed.</param>
    /// <param name="eventType">The type of every event: one line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    public ValueTask WriteAllAsync<T>(IEnumerable<T> items, string? eventType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return ValueLoop<T>(eventType, cancellationToken).RunAsync(items, cancellationToken);
    }

    /// <summary>Writes events as they come. Events that are ready together are sent with one flush; none waits for a later one.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="items">The source. It gets the token, and is always disposed.</param>
    /// <param name="cancellationToken">Stops the source and ends the wait for a slow client.</param>
    public ValueTask WriteAllAsync<T>(IAsyncEnumerable<SseItem<T>> items, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return EventLoop<T>(cancellationToken).RunAsync(items, cancellationToken);
    }

    /// <summary>Writes values as they come. Events that are ready together are sent with one flush; none waits for a later one.</summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="items">The source. It gets the token, and is always disposed.</param>
    /// <param name="cancellationToken">Stops the source and ends the wait for a slow client.</param>
    public ValueTask WriteAllAsync<T>(IAsyncEnumerable<T> items, CancellationToken cancellationToken = default) =>
        WriteAllAsync(items, eventType: null, cancellationToken);

    /// <summary>
    /// Writes values as events of a type as they come. Events that are ready together are sent with one flush; none waits for a later one.
    /// </summary>
    /// <typeparam name="T">Strings and UTF-8 bytes are written as they are, everything else as JSON.</typeparam>
    /// <param name="items">The source. It gets the token, and is always disposed.</param>
    /// <param name="eventType">The type of every event: one line without NUL; null for the default type.</param>
    /// <param name="cancellationToken">Stops the source and ends the wait for a slow client.</param>
    public ValueTask WriteAllAsync<T>(
        IAsyncEnumerable<T> items, string? eventType, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(items);
        return ValueLoop<T>(eventType, cancellationToken).RunAsync(items, cancellationToken);
    }

    /// <summary>Writes a comment, which clients ignore, and flushes it.</summary>
    /// <param name="comment">The text. Line breaks split it into several comment lines.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    /// <remarks>No blank line follows a comment, because several clients take a blank line for an empty event.</remarks>
    public ValueTask WriteCommentAsync(string comment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(comment);
        return _output.WriteAsync(new CommentFrame(comment), flush: true, cancellationToken);
    }

    /// <summary>Writes an id without an event, and flushes it: the client's next <c>Last-Event-ID</c>. Firefox ignores it.</summary>
    /// <param name="eventId">Printable ASCII without edge spaces, at most 128 characters; empty resets the client's last event id.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    /// <remarks>
    /// Clients store an id at the blank line that ends its block. Clients that dispatch an event for every block, such as
    /// <c>@microsoft/fetch-event-source</c>, deliver empty data for it: write no such ids for them.
    /// </remarks>
    public ValueTask WriteEventIdAsync(string eventId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(eventId);
        return _output.WriteAsync(new EventIdFrame(EventFields.ForId(eventId)), flush: true, cancellationToken);
    }

    /// <summary>Writes the time after which the client reconnects, and flushes it.</summary>
    /// <param name="reconnectionInterval">1 to 2147483647 whole milliseconds. Firefox waits at least 500 ms.</param>
    /// <param name="cancellationToken">Ends the wait for a slow client.</param>
    /// <remarks>
    /// One line, <c>retry: N</c>, without a blank line: clients process it when it arrives, and several take a blank line for an empty
    /// event.
    /// </remarks>
    public ValueTask WriteRetryAsync(TimeSpan reconnectionInterval, CancellationToken cancellationToken = default)
    {
        long milliseconds = FieldValidation.CheckRetry(reconnectionInterval, nameof(reconnectionInterval));
        return _output.WriteAsync(new RetryLine(milliseconds), flush: true, cancellationToken);
    }

    private static ValueTask ToValueTask(Task? pending) => pending is null ? default : new ValueTask(pending);

    private ItemLoop<SseItem<T>> EventLoop<T>(CancellationToken cancellationToken) =>
        new(_output, (item, flush) => WriteValue(EventFields.ForItem(item), item.Data, flush, cancellationToken));

    private ItemLoop<T> ValueLoop<T>(string? eventType, CancellationToken cancellationToken)
    {
        NestedItem.Check<T>("items");
        var fields = EventFields.ForType(eventType);
        return new ItemLoop<T>(_output, (data, flush) => WriteValue(fields, data, flush, cancellationToken));
    }

    private ValueTask WriteValueAsync<T>(in EventFields fields, T data, bool flush, CancellationToken cancellationToken) =>
        ToValueTask(WriteValue(fields, data, flush, cancellationToken));

    // The methods below return null if no wait is needed.
    private Task? WriteValue<T>(in EventFields fields, T data, bool flush, CancellationToken cancellationToken) => data is string text
        ? WriteText(fields, text, flush, cancellationToken)
        : WriteBytesOrJson(fields, data, flush, cancellationToken);

    private Task? WriteText(in EventFields fields, string text, bool flush, CancellationToken cancellationToken) => fields.IsEmpty
        ? _output.Write(new PlainTextEvent(text), flush, cancellationToken)
        : _output.Write(new TextEvent(fields, text), flush, cancellationToken);

    private Task? WriteBytesOrJson<T>(in EventFields fields, T data, bool flush, CancellationToken cancellationToken)
    {
        if (Utf8Value.TryGet(data, out ReadOnlyMemory<byte> utf8))
        {
            return _output.Write(new Utf8Event(fields, utf8), flush, cancellationToken);
        }

        NestedItem.Check<T>(nameof(data));
        return WriteJson(fields, data, JsonMetadata.For(data, _jsonOptions), flush, cancellationToken);
    }

    private Task? WriteJson<T>(in EventFields fields, T data, JsonTypeInfo typeInfo, bool flush, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        // In the task, as every exception but those of arguments: a caller that does not await may be a timer.
        JsonScratch json;
        try
        {
            json = JsonScratch.Serialize(data, typeInfo);
        }
        catch (Exception exception)
        {
            return Task.FromException(exception);
        }

        return _output.Write(new JsonEvent(fields, json), flush, cancellationToken);
    }
}
