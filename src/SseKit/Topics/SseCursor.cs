using System.Buffers.Text;
using System.Diagnostics;
using System.Text;

namespace SseKit.Topics;

/// <summary>Where a connection stands in each of its topics, and the event id that says so. Not thread-safe.</summary>
internal sealed class SseCursor
{
    /// <summary>No id that this class writes is longer (I8: a longer one costs browsers a CORS preflight).</summary>
    public const int MaxIdLength = 128;

    private readonly string[] _topics;
    private readonly SsePosition[] _positions;
    private readonly ulong[] _checks;
    private byte[] _epochPrefix = [];

    /// <param name="topics">The topics, sorted by name.</param>
    /// <param name="positions">Where the connection stands in each.</param>
    public SseCursor(string[] topics, SsePosition[] positions)
    {
        _topics = topics;
        _positions = positions;
        _checks = new ulong[topics.Length];
        for (int i = 0; i < topics.Length; i++)
        {
            NoteEpoch(i);
        }
    }

    public SsePosition this[int topic] => _positions[topic];

    public void Move(int topic, SsePosition position)
    {
        bool sameEpoch = position.Epoch == _positions[topic].Epoch;
        _positions[topic] = position;
        if (!sameEpoch)
        {
            NoteEpoch(topic);
        }
    }

    /// <summary>
    /// Writes the id as ASCII. Returns 0 where there is none: as long as a gap has not been reported the client keeps its old id, and would be told of the
    /// gap again (I5); and where the sequences of so many topics do not fit.
    /// </summary>
    public int WriteId(Span<byte> id)
    {
        if (Array.IndexOf(_positions, SseResume.Nowhere) >= 0)
        {
            return 0;
        }

        if (_topics.Length > 1)
        {
            return SseCursorToken.Write(_positions, _checks, id);
        }

        _epochPrefix.CopyTo(id);
        bool written = Utf8Formatter.TryFormat(_positions[0].Sequence, id[_epochPrefix.Length..], out int digits);
        Debug.Assert(written, "An epoch and a long fit into an id.");
        return _epochPrefix.Length + digits;
    }

    private void NoteEpoch(int topic)
    {
        if (_topics.Length == 1)
        {
            _epochPrefix = Encoding.ASCII.GetBytes(_positions[0].Epoch + "-");
        }
        else
        {
            _checks[topic] = SseCursorToken.Check(_topics[topic], _positions[topic].Epoch);
        }
    }
}
