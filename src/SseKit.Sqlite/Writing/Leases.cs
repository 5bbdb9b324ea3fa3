using Microsoft.Data.Sqlite;
using SseKit.Sqlite.Files;

namespace SseKit.Sqlite.Writing;

/// <summary>
/// Leases as rows, within a transaction of the writer. Their clock is the machine's, which all processes of a file share.
/// </summary>
internal static class Leases
{
    private const string FindText = "select owner, expires_at from ssekit_leases where name = $1";
    private const string TakeText = "insert or replace into ssekit_leases (name, owner, expires_at) values ($1, $2, $3)";
    private const string RenewText = "update ssekit_leases set expires_at = $3 where name = $1 and owner = $2 returning 1";

    public static SseLeaseResult TryAcquire(WriteTransaction transaction, string topic, string owner, TimeSpan duration, TimeProvider time)
    {
        object name = StoredName.Of(topic);
        SseLeaseResult result = Look(transaction, name, owner, time);
        if (result != SseLeaseResult.Refused)
        {
            transaction[TakeText].Execute(name, owner, EndOf(duration, time));
        }

        return result;
    }

    public static SseLeaseRenewalResult[] Renew(WriteTransaction transaction, IReadOnlyList<SseLeaseRenewal> leases, TimeProvider time)
    {
        var results = new SseLeaseRenewalResult[leases.Count];
        for (int i = 0; i < results.Length; i++)
        {
            object name = StoredName.Of(leases[i].Topic);
            bool renewed = transaction[RenewText].Number(name, leases[i].Owner, EndOf(leases[i].Duration, time)) is not null;
            results[i] = renewed ? SseLeaseRenewalResult.Renewed : SseLeaseRenewalResult.Lost;
        }

        return results;
    }

    public static bool Release(WriteTransaction transaction, string topic, string owner)
    {
        transaction["delete from ssekit_leases where name = $1 and owner = $2"].Execute(StoredName.Of(topic), owner);
        return true;
    }

    private static SseLeaseResult Look(WriteTransaction transaction, object name, string owner, TimeProvider time)
    {
        using SqliteDataReader row = transaction[FindText].Query(name);
        if (!row.Read())
        {
            return SseLeaseResult.Granted;
        }

        bool isFree = row.GetString(0) == owner || row.GetInt64(1) <= EndOf(TimeSpan.Zero, time);
        return isFree ? SseLeaseResult.TakenOver : SseLeaseResult.Refused;
    }

    private static long EndOf(TimeSpan duration, TimeProvider time) => (time.GetUtcNow() + duration).ToUnixTimeMilliseconds();
}
