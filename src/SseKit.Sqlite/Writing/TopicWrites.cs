using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;

namespace SseKit.Sqlite.Writing;

/// <summary>Appends to topics, completes and deletes them, within a transaction of the writer.</summary>
internal static class TopicWrites
{
    private const string KeyText = "select sequence, time from ssekit_events where topic = $1 and key = $2 order by sequence desc limit 1";
    private const string AppendText = "insert into ssekit_events (id, topic, sequence, time, key, payload) values ($1, $2, $3, $4, $5, $6)";

    public static SseAppendResult Append(WriteTransaction transaction, SseAppendRequest request)
    {
        string topic = request.Topic;
        TopicRow? row = transaction.Find(topic);
        CheckEpoch(transaction, topic, row, request.ExpectedEpoch);
        object? key = request.IdempotencyKey is null ? null : StoredName.Of(request.IdempotencyKey);
        if (row is not null && key is not null && FindKey(transaction, row, key) is { } found)
        {
            return new SseAppendResult { Position = new SsePosition(row.Epoch, found), IsNew = false };
        }

        if (row is not null && row.Status != SseTopicStatus.Open)
        {
            throw SseTopicCompletedException.ForTopic(topic);
        }

        row ??= transaction.Create(topic);
        for (int i = 0; i < request.Payloads.Count; i++)
        {
            // The key is stored with the last event, and is held as long as that one.
            Add(transaction, row, request.Payloads[i], i == request.Payloads.Count - 1 ? key : null);
        }

        return new SseAppendResult { Position = new SsePosition(row.Epoch, row.Head), IsNew = true };
    }

    public static bool Complete(WriteTransaction transaction, string topic, SseTopicStatus status, SsePosition? expected)
    {
        TopicRow? row = transaction.Find(topic);
        CheckEpoch(transaction, topic, row, expected?.Epoch);
        if (expected is { } position && position.Sequence > (row?.Head ?? 0))
        {
            throw SseStaleEpochException.ForTopic(topic, position);
        }

        row ??= transaction.Create(topic);
        if (row.Status == SseTopicStatus.Open)
        {
            row.Status = status;
            row.HasChanged = true;
            NoteChange(transaction, topic);
        }

        return true;
    }

    public static bool Delete(WriteTransaction transaction, string topic, string? expectedEpoch)
    {
        TopicRow? row = transaction.Find(topic);
        CheckEpoch(transaction, topic, row, expectedEpoch);
        if (row is not null)
        {
            transaction["delete from ssekit_topics where id = $1"].Execute(row.Id);
            transaction.Remove(topic);
            if (row.Events > 0)
            {
                transaction["insert into ssekit_dropped (topic) values ($1)"].Execute(row.Id);
            }
        }

        // An unused topic has an epoch too, and another one after this.
        transaction.AdvanceEpoch(topic);
        NoteChange(transaction, topic);
        return true;
    }

    private static void Add(WriteTransaction transaction, TopicRow row, ReadOnlyMemory<byte> payload, object? key)
    {
        StoreRow store = transaction.Store;
        transaction[AppendText].Execute(++store.LastEvent, row.Id, ++row.Head, transaction.Now, key, ArrayOf(payload));
        store.LastTime = transaction.Now;
        store.Events++;
        store.Bytes += payload.Length;
        row.Bytes += payload.Length;
        row.HasChanged = true;
    }

    private static byte[] ArrayOf(ReadOnlyMemory<byte> payload) =>
        MemoryMarshal.TryGetArray(payload, out ArraySegment<byte> segment) && segment.Count == segment.Array!.Length
            ? segment.Array
            : payload.ToArray();

    private static void CheckEpoch(WriteTransaction transaction, string topic, TopicRow? row, string? expectedEpoch)
    {
        if (expectedEpoch is not null && expectedEpoch != (row?.Epoch ?? transaction.UnusedEpoch(topic)))
        {
            throw SseStaleEpochException.ForTopic(topic, expectedEpoch);
        }
    }

    // Null if no held event has the key.
    private static long? FindKey(WriteTransaction transaction, TopicRow row, object key)
    {
        using SqliteDataReader found = transaction[KeyText].Query(row.Id, key);
        return found.Read() && found.GetInt64(0) >= row.Oldest && found.GetInt64(0) > row.Head - transaction.Options.MaxEventsPerTopic
            && found.GetInt64(1) > transaction.Expired
            ? found.GetInt64(0)
            : null;
    }

    private static void NoteChange(WriteTransaction transaction, string topic)
    {
        transaction["insert into ssekit_changed (name) values ($1)"].Execute(StoredName.Of(topic));

        // A completion changes no other counter.
        transaction.Store.Changes++;
    }
}
