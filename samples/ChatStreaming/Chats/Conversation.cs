using Microsoft.Extensions.AI;

namespace ChatStreaming.Chats;

/// <summary>A chat as read from its log: questions and the results of their answers, oldest first.</summary>
internal sealed class Conversation
{
    private const int MaxExchangesForModel = 10; // The tokens that a model reads are paid for.

    private readonly List<Exchange> _exchanges = [];
    private readonly HashSet<string> _asked = [];

    public IReadOnlyList<Exchange> Exchanges => _exchanges;

    /// <summary>The last question, whose answer may still be written.</summary>
    public Exchange? Latest => _exchanges.LastOrDefault();

    public bool HasAsked(string clientId) => _asked.Contains(clientId);

    /// <summary>Whether the question may follow: one that replaces another must replace the last one, and not a complete answer.</summary>
    public bool CanTake(Question question) =>
        question.RetryOf is null || (Latest?.Id == question.RetryOf && Latest.Answer?.State is Answer.Failed or Answer.Interrupted);

    public void Add(Question question)
    {
        _asked.Add(question.ClientId!);
        if (question.RetryOf is not null)
        {
            _exchanges.RemoveAll(exchange => exchange.Id == question.RetryOf);
        }

        _exchanges.Add(new Exchange(question.ClientId!, question.Text!, Answer: null));
    }

    public void Add(Answered answered)
    {
        int index = _exchanges.FindIndex(exchange => exchange.Id == answered.Id);
        if (index >= 0)
        {
            _exchanges[index] = _exchanges[index] with { Answer = answered.Answer };
        }
    }

    /// <summary>The messages for the model: the conversation before, and the question.</summary>
    public IReadOnlyList<ChatMessage> ToModel(Question question)
    {
        IEnumerable<ChatMessage> before = _exchanges
            .Where(static exchange => exchange.Answer?.IsPartOfConversation == true)
            .TakeLast(MaxExchangesForModel)
            .SelectMany(static exchange => (ChatMessage[])
                [new(ChatRole.User, exchange.Question), new(ChatRole.Assistant, exchange.Answer!.Text)]);
        return [.. before, new ChatMessage(ChatRole.User, question.Text)];
    }
}

/// <summary>A question, and its answer if that has ended.</summary>
internal sealed record Exchange(string Id, string Question, Answer? Answer);

/// <summary>The log's event with the result of an answer.</summary>
internal sealed record Answered(string Id, Answer Answer);
