using System.Text;

namespace SseKit.PostgreSql.Tests.Notifications;

public sealed class NotificationTextTests
{
    private const int MostThatPostgreSqlTakes = 7999;

    [Fact]
    public void Topics_of_any_name_are_read_as_written()
    {
        string[] names = ["a", "a b", "\0", "\uD83D", new('\u6771', 256)];

        string text = Assert.Single(NotificationText.Write("sender", names.Select(TopicKey.Encode)));

        Assert.True(NotificationText.TryRead(text, out string sender, out List<string> read));
        Assert.Equal("sender", sender);
        Assert.Equal(names, read);
    }

    [Fact]
    public void Topics_beyond_one_notification_are_split_into_several()
    {
        string[] names = [.. Enumerable.Range(0, 200).Select(number => new string('\u6771', 250) + number)];

        List<string> texts = NotificationText.Write("sender", names.Select(TopicKey.Encode));

        Assert.All(texts, text => Assert.InRange(Encoding.UTF8.GetByteCount(text), 1, MostThatPostgreSqlTakes));
        Assert.Equal(names, texts.SelectMany(text => NotificationText.TryRead(text, out _, out List<string> read) ? read : []));
    }

    [Fact]
    public void A_text_without_a_sender_is_for_all_servers()
    {
        Assert.True(
            NotificationText.TryRead(Assert.Single(NotificationText.Write("", [[65]])), out string sender, out List<string> topics));

        Assert.Equal("", sender);
        Assert.Equal(["A"], topics);
    }

    [Fact]
    public void A_foreign_text_on_the_channel_is_refused() =>
        Assert.False(NotificationText.TryRead("hello w\u00F6rld!", out _, out _));
}
