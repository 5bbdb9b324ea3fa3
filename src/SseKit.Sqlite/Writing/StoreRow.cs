namespace SseKit.Sqlite.Writing;

/// <summary>The file's one row of counters within a transaction.</summary>
internal sealed record StoreRow
{
    /// <summary>How many transactions have changed topics.</summary>
    public long Changes { get; set; }

    public long LastEvent { get; set; }

    /// <summary>The time of the last event. Times never decrease, also if the clock is set back.</summary>
    public long LastTime { get; set; }

    public long Events { get; set; }

    public long Bytes { get; set; }

    public long Generation { get; set; }
}
