using System.Security.Cryptography;
using System.Text;

namespace SseKit.Topics.EventIds;

/// <summary>Recognises a topic and its log in a token, which has room for neither.</summary>
/// <param name="Name">A hash of the topic's name.</param>
/// <param name="Log">A hash of the topic's name and the epoch of its log.</param>
internal readonly record struct TopicCheck(uint Name, uint Log)
{
    public static TopicCheck Of(string topic, string epoch) => new(Hash(topic), Hash($"{epoch}\n{topic}"));

    private static uint Hash(string text) => BitConverter.ToUInt32(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
