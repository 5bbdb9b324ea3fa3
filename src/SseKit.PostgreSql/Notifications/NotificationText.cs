using System.Buffers.Text;

namespace SseKit.PostgreSql;

/// <summary>
/// Writes and reads a notification: its sender and the topics that changed. <c>sender name name …</c>, the names in base64url. The sender
/// is empty if its own followers need the notification too.
/// </summary>
internal static class NotificationText
{
    // PostgreSQL accepts less than 8000 bytes.
    private const int MaxLength = 7900;

    private const char Separator = ' ';

    /// <summary>Writes the texts that notify of these topics.</summary>
    public static List<string> Write(string sender, IEnumerable<byte[]> names)
    {
        List<string> texts = [];
        string text = sender;
        foreach (byte[] name in names)
        {
            string encoded = Base64Url.EncodeToString(name);
            if (text.Length + 1 + encoded.Length > MaxLength)
            {
                texts.Add(text);
                text = sender;
            }

            text += Separator + encoded;
        }

        texts.Add(text);
        return texts;
    }

    /// <summary>Reads the text of another server. Returns false if it is malformed.</summary>
    public static bool TryRead(string text, out string sender, out List<string> topics)
    {
        string[] words = text.Split(Separator);
        sender = words[0];
        topics = new List<string>(words.Length - 1);
        try
        {
            foreach (string word in words.AsSpan(1))
            {
                topics.Add(TopicKey.Decode(Base64Url.DecodeFromChars(word)));
            }

            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
