using System.Data.Common;
using System.Text.Json.Serialization.Metadata;

namespace SseKit;

/// <summary>Options of one publish.</summary>
public sealed class SsePublishOptions
{
    /// <summary>
    /// Publishes the event once: while an event with this key is held, another publish with the key returns its id and does nothing.
    /// </summary>
    /// <value>1 to 256 characters. The default is null, for none.</value>
    public string? IdempotencyKey { get; init; }

    /// <summary>
    /// The metadata with which the data is written as JSON, as Native AOT needs it. A string is written as JSON then, too.
    /// </summary>
    /// <value>The default is null: strings and UTF-8 bytes are written as they are, other values with the app's JSON options.</value>
    public JsonTypeInfo? JsonTypeInfo { get; init; }

    /// <summary>
    /// The app's own transaction, in the database that the store uses: the event is published if and only if the transaction commits. The
    /// returned id is valid from the commit on.
    /// </summary>
    /// <remarks>
    /// Needs a store that implements <see cref="ISseTransactionalEventStore"/>. The publish locks the topic until the transaction ends, so
    /// publish last and commit soon. Publish to several topics in one order in all transactions; otherwise the database may end one of
    /// them as a deadlock. On SQLite the transaction locks the whole file for writing: other writers wait a few seconds and then fail. The
    /// transaction's connection serves one call at a time.
    /// </remarks>
    /// <value>A transaction that is neither committed nor rolled back. The default is null, for none.</value>
    public DbTransaction? Transaction { get; init; }
}
