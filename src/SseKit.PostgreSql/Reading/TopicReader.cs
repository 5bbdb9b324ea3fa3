using System.Data;
using Npgsql;
using NpgsqlTypes;
using SseKit.Stores;

namespace SseKit.PostgreSql;

/// <summary>Reads topics. Each read is one statement, so that the topic and its events come from one snapshot.</summary>
internal sealed class TopicReader
{
    /// <summary>The number of concurrent reads.</summary>
    public const int Readers = 4;

    // A page of large events must not fill the memory (I8).
    private const int MaxPageBytes = 1024 * 1024;

    private const int EpochsColumn = 4;
    private const int SequenceColumn = 6;

    private const string StatesText = """
        select t.epoch, t.head, t.oldest, t.completion,
               case when t.id is null then {schema}.unused_epochs(s.seed, n.name) else t.fork_epochs end, t.fork_sequences
        from unnest($1) with ordinality as n(name, place)
        join {schema}.seeds s on s.bucket = {schema}.bucket_of(n.name)
        left join {schema}.topics t on t.name = n.name
        order by n.place
        """;

    private const string PageText = """
        select t.epoch, t.head, t.oldest, t.completion,
               case when t.id is null then {schema}.unused_epochs(s.seed, $1) else t.fork_epochs end, t.fork_sequences,
               e.sequence, e.payload
        from {schema}.seeds s left join {schema}.topics t on t.name = $1
        left join lateral (
            select p.sequence, p.payload
            from (
                select r.sequence, r.payload, sum(octet_length(r.payload)) over (order by r.sequence) - octet_length(r.payload) as before
                from (
                    select sequence, payload from {schema}.events
                    where topic = t.id and sequence > $3 and $3 between t.oldest - 1 and t.head - 1
                        and ($2 = t.epoch or $3 <= t.fork_sequences[array_position(t.fork_epochs, $2)])
                    order by sequence limit $4
                ) r
            ) p
            where p.before < $5
        ) e on true
        where s.bucket = {schema}.bucket_of($1)
        order by e.sequence
        """;

    private readonly Database _database;
    private readonly SharedReads<TopicNames, SseTopicState[]> _states;
    private readonly SharedReads<(string Topic, SsePosition After, int MaxEvents), SseReadResult> _pages;
    private long _pagesRead;

    public TopicReader(Database database, CancellationToken stopping)
    {
        _database = database;
        var lane = new SemaphoreSlim(Readers);
        _states = new(
            (topics, cancellationToken) => database.RunAsync(
                connection => ReadStatesAsync(connection, topics, cancellationToken), cancellationToken),
            lane,
            stopping);
        _pages = new(
            (page, cancellationToken) => database.RunAsync(
                connection => ReadPageAsync(connection, page, cancellationToken), cancellationToken),
            lane,
            stopping);
    }

    /// <summary>The number of pages read from the database.</summary>
    public long PagesRead => Interlocked.Read(ref _pagesRead);

    public Task<SseTopicState[]> GetStatesAsync(IReadOnlyList<string> topics, CancellationToken cancellationToken) =>
        _states.ReadAsync(new TopicNames(topics), cancellationToken);

    public Task<SseReadResult> ReadAsync(string topic, SsePosition after, int maxEvents, CancellationToken cancellationToken) =>
        _pages.ReadAsync((topic, after, maxEvents), cancellationToken);

    private async Task<SseTopicState[]> ReadStatesAsync(
        NpgsqlConnection connection, TopicNames topics, CancellationToken cancellationToken)
    {
        byte[][] names = [.. topics.Names.Select(TopicKey.Encode)];
        await using var command = new NpgsqlCommand(_database.Statement(StatesText), connection)
        {
            Parameters = { new() { Value = names, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea } },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(CommandBehavior.SingleResult, cancellationToken);
        var states = new SseTopicState[names.Length];
        for (int i = 0; i < states.Length; i++)
        {
            await reader.ReadAsync(cancellationToken);
            states[i] = State(reader);
        }

        return states;
    }

    private async Task<SseReadResult> ReadPageAsync(
        NpgsqlConnection connection, (string Topic, SsePosition After, int MaxEvents) key, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _pagesRead);
        await using var command = new NpgsqlCommand(_database.Statement(PageText), connection)
        {
            Parameters =
            {
                Name(key.Topic),
                new() { Value = key.After.Epoch, NpgsqlDbType = NpgsqlDbType.Text },
                new() { Value = key.After.Sequence, NpgsqlDbType = NpgsqlDbType.Bigint },
                new() { Value = key.MaxEvents, NpgsqlDbType = NpgsqlDbType.Integer },
                new() { Value = MaxPageBytes, NpgsqlDbType = NpgsqlDbType.Integer },
            },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        SseTopicState state = State(reader);
        var rows = new List<SseStoredEvent>();
        do
        {
            if (!await reader.IsDBNullAsync(SequenceColumn, cancellationToken))
            {
                rows.Add(new SseStoredEvent
                {
                    Sequence = reader.GetInt64(SequenceColumn),
                    Payload = reader.GetFieldValue<byte[]>(SequenceColumn + 1),
                });
            }
        }
        while (await reader.ReadAsync(cancellationToken));

        return HeldEvents.After(key.After, StatusOf(key.After, state), state, rows);
    }

    private static SseReadStatus StatusOf(SsePosition after, SseTopicState state)
    {
        if (state.Find(after) is null)
        {
            return SseReadStatus.Unknown;
        }

        return after.Sequence + 1 < state.EarliestSequence ? SseReadStatus.Expired : SseReadStatus.Ok;
    }

    private static SseTopicState State(NpgsqlDataReader reader)
    {
        string[] epochs = reader.IsDBNull(EpochsColumn) ? [] : reader.GetFieldValue<string[]>(EpochsColumn);
        if (reader.IsDBNull(0))
        {
            // The topic is unused, and shares no event with its earlier epochs.
            return new SseTopicState
            {
                Latest = new SsePosition(epochs[0], 0),
                EarliestSequence = 1,
                Forks = [.. epochs.Skip(1).Select(static epoch => new SsePosition(epoch, 0))],
            };
        }

        long[] sequences = epochs.Length == 0 ? [] : reader.GetFieldValue<long[]>(EpochsColumn + 1);
        return new SseTopicState
        {
            Latest = new SsePosition(reader.GetString(0), reader.GetInt64(1)),
            EarliestSequence = reader.GetInt64(2),
            Status = (SseTopicStatus)reader.GetInt16(3),
            Forks = epochs.Length == 0 ? [] : [.. epochs.Zip(sequences, static (epoch, sequence) => new SsePosition(epoch, sequence))],
        };
    }

    private static NpgsqlParameter Name(string topic) => new() { Value = TopicKey.Encode(topic), NpgsqlDbType = NpgsqlDbType.Bytea };
}
