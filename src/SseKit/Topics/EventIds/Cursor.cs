namespace SseKit.Topics.EventIds;

/// <summary>Holds a connection's position in each of its topics, and writes the event id for it. Not thread-safe.</summary>
internal sealed class Cursor
{
    /// <summary>The longest id that this class writes (I8: a longer one causes CORS preflights in browsers).</summary>
    public const int MaxIdLength = 128;

    private readonly SsePosition[] _positions;

    // Used for the token of several topics.
    private readonly string[] _topics = [];
    private readonly TopicCheck[] _checks = [];

    /// <param name="topics">The topics, sorted by name.</param>
    /// <param name="positions">The connection's position in each.</param>
    public Cursor(string[] topics, SsePosition[] positions)
    {
        _positions = positions;
        if (topics.Length > 1)
        {
            _topics = topics;
            _checks = new TopicCheck[topics.Length];
        }

        for (int i = 0; i < _checks.Length; i++)
        {
            UpdateCheck(i);
        }
    }

    /// <summary>Whether the id also marks that the failure was reported to the client.</summary>
    public bool IsFailureReported { get; set; }

    /// <summary>Whether its ids are the same as those of all other connections that follow its topic alone.</summary>
    public bool IsOfOneTopic => _positions.Length == 1 && !IsFailureReported;

    public SsePosition this[int topic] => _positions[topic];

    public void Move(int topic, SsePosition position)
    {
        bool sameEpoch = position.Epoch == _positions[topic].Epoch;
        _positions[topic] = position;
        if (!sameEpoch && _checks.Length > 0)
        {
            UpdateCheck(topic);
        }
    }

    /// <summary>
    /// Writes the id as ASCII. Returns 0 if there is none. Until a gap is reported the client keeps its old id, so that a reconnect reports
    /// the gap again (I5). There is also none if the sequences of so many topics do not fit.
    /// </summary>
    public int WriteId(Span<byte> id)
    {
        if (Array.IndexOf(_positions, ResumePosition.Unknown) >= 0)
        {
            return 0;
        }

        int length = _positions.Length > 1 ? CursorToken.Write(_positions, _checks, id) : EventIdLine.WriteId(_positions[0], id);
        if (IsFailureReported && length > 0)
        {
            id[length++] = ResumePosition.FailureMark;
        }

        return length;
    }

    private void UpdateCheck(int topic) => _checks[topic] = TopicCheck.Of(_topics[topic], _positions[topic].Epoch);
}
