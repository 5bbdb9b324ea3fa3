using System.Text;

namespace SseKit.Tests.Writing;

/// <summary>
/// Reads a stream as a client does, following the steps of WHATWG HTML §9.2.6. Unlike SseParser it also returns comments, and blocks that
/// dispatch nothing.
/// </summary>
internal sealed class EventStreamReading
{
    private const string ByteOrderMark = "\ufeff";

    private readonly List<ClientEvent> _events = [];
    private readonly List<string> _comments = [];
    private readonly StringBuilder _data = new();
    private string _eventType = "";
    private string _idBuffer = "";

    private EventStreamReading()
    {
    }

    public IReadOnlyList<ClientEvent> Events => _events;

    /// <summary>The text after the colon of each comment line.</summary>
    public IReadOnlyList<string> Comments => _comments;

    public string LastEventId { get; private set; } = "";

    /// <summary>In milliseconds; null if the stream has none.</summary>
    public long? ReconnectionTime { get; private set; }

    public static EventStreamReading Of(ReadOnlySpan<byte> stream)
    {
        var reading = new EventStreamReading();
        string text = Encoding.UTF8.GetString(stream);
        if (text.StartsWith(ByteOrderMark, StringComparison.Ordinal))
        {
            text = text[ByteOrderMark.Length..];
        }

        // A last line without an end is incomplete, and is dropped.
        string[] lines = text.Replace("\r\n", "\n").Replace('\r', '\n').Split('\n');
        foreach (string line in lines[..^1])
        {
            reading.Take(line);
        }

        return reading;
    }

    private void Take(string line)
    {
        if (line.Length == 0)
        {
            Dispatch();
            return;
        }

        if (line[0] == ':')
        {
            _comments.Add(line[1..]);
            return;
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        string value = colon < 0 ? "" : line[(colon + 1)..];
        TakeField(colon < 0 ? line : line[..colon], value.StartsWith(' ') ? value[1..] : value);
    }

    private void TakeField(string name, string value)
    {
        switch (name)
        {
            case "event":
                _eventType = value;
                break;
            case "data":
                _data.Append(value).Append('\n');
                break;
            case "id" when !value.Contains('\0', StringComparison.Ordinal):
                _idBuffer = value;
                break;
            case "retry" when value.Length > 0 && value.All(char.IsAsciiDigit):
                ReconnectionTime = long.Parse(value, System.Globalization.CultureInfo.InvariantCulture);
                break;
        }
    }

    private void Dispatch()
    {
        LastEventId = _idBuffer;
        if (_data.Length > 0)
        {
            _events.Add(new ClientEvent(_eventType.Length == 0 ? "message" : _eventType, _data.ToString(0, _data.Length - 1), LastEventId));
        }

        _data.Clear();
        _eventType = "";
    }
}
