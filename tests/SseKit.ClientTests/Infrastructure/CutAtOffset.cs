using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>A break after a number of bytes of a chunked response, or behind the first id line that ends after them.</summary>
internal sealed class CutAtOffset(int offset, bool isBehindIdLine) : ICut
{
    private readonly List<byte> _passed = [];

    /// <summary>The data of the event that lacks its blank line alone; null if the break is elsewhere.</summary>
    public string? DataWithoutBlankLine =>
        Body.Split('\n') is [.., ['d', 'a', 't', 'a', ':', ' ', .. var data], ['i', 'd', ':', ' ', ..], ""] ? data : null;

    private string Body
    {
        get
        {
            string passed = Encoding.Latin1.GetString(CollectionsMarshal.AsSpan(_passed));
            var body = new StringBuilder();
            int start = passed.IndexOf("\r\n\r\n", StringComparison.Ordinal) is >= 0 and int head ? head + 4 : passed.Length;
            while (start < passed.Length && passed.IndexOf("\r\n", start, StringComparison.Ordinal) is > 0 and int end)
            {
                int size = int.Parse(passed.AsSpan(start, end - start), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                body.Append(passed, end + 2, Math.Min(size, passed.Length - end - 2));
                start = end + 2 + size + 2;
            }

            return body.ToString();
        }
    }

    public int? Find(ReadOnlySpan<byte> received)
    {
        for (int i = 0; i < received.Length; i++)
        {
            _passed.Add(received[i]);
            if (_passed.Count > offset && (!isBehindIdLine || HasIdLineLast()))
            {
                return i + 1;
            }
        }

        return null;
    }

    private bool HasIdLineLast()
    {
        ReadOnlySpan<byte> passed = CollectionsMarshal.AsSpan(_passed);
        return passed is [.., (byte)'\n'] && passed[(passed[..^1].LastIndexOf((byte)'\n') + 1)..].StartsWith("id: "u8);
    }
}
