using ChatStreaming.Chats;
using ChatStreaming.Tests.Infrastructure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using SseKit;

namespace ChatStreaming.Tests.Chats;

/// <summary>If a process ends at any step of an answer, the next request for the chat settles the answer.</summary>
public sealed class AnswersTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly ScriptedChatClient _model = new();
    private readonly ChatApp _app;
    private readonly ChatKey _chat = new("owner", Guid.NewGuid());
    private readonly ChatLog _log;
    private readonly Answers _answers;
    private readonly ISsePublisher _publisher;

    public AnswersTests()
    {
        _app = new ChatApp(_model);
        _log = _app.Services.GetRequiredService<ChatLog>();
        _answers = _app.Services.GetRequiredService<Answers>();
        _publisher = _app.Services.GetRequiredService<ISsePublisher>();
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_question_whose_answer_never_began_is_interrupted()
    {
        await AskAsync();

        Answer answer = await LookAsync();

        Assert.Equal((Answer.Interrupted, "", ChatFailed.Interrupted), (answer.State, answer.Text, answer.Failure));
    }

    [Fact]
    public async Task A_cut_answer_keeps_its_text_and_is_interrupted()
    {
        await AskAsync();
        await WriteAsync();

        Answer answer = await LookAsync();

        Assert.Equal((Answer.Interrupted, "Hello"), (answer.State, answer.Text));
    }

    [Fact]
    public async Task An_answer_without_logged_result_keeps_it()
    {
        await AskAsync();
        await WriteAsync();
        await _log.EndAsync(_chat, "q1", "done", new ChatDone(1, "stop", new ChatUsage(1, 2)), CancellationToken.None);

        Answer answer = await LookAsync();

        Assert.Equal((Answer.Done, "Hello", "stop", new ChatUsage(1, 2)), (answer.State, answer.Text, answer.FinishReason, answer.Usage));
    }

    [Fact]
    public async Task Concurrent_requests_settle_an_answer_once()
    {
        await AskAsync();
        await WriteAsync();

        Answer[] answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(LookAsync)));

        Assert.All(answers, static answer => Assert.Equal((Answer.Interrupted, "Hello"), (answer.State, answer.Text)));
        Assert.Equal(["start", "delta", "failed"], await TypesAsync(_chat.AnswerTopic("q1")));
        Assert.Equal(["created", "asked", "answered"], await TypesAsync(_chat.LogTopic));
    }

    [Fact]
    public async Task A_stopping_host_marks_the_current_answer()
    {
        // Another host, so that the app's store stays open.
        var host = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        Answers answers = ActivatorUtilities.CreateInstance<Answers>(_app.Services, host);
        await _log.CreateAsync(_chat, CancellationToken.None);
        Assert.Equal(Asked.Begun, await answers.AskAsync(_chat, new Question("q1", "Hi"), CancellationToken.None));
        await _model.AskedAsync();

        host.StopApplication();
        await answers.StopAsync(CancellationToken.None).OrTimeout();

        await _model.Stopped;
        Assert.Equal(["created", "asked", "answered"], await TypesAsync(_chat.LogTopic));
        Assert.Equal(Answer.Interrupted, (await LookAsync()).State);
        Assert.Contains(_answers, _app.Services.GetServices<IHostedService>());
    }

    [Fact]
    public async Task A_second_stop_of_the_service_does_nothing()
    {
        await _app.DisposeAsync();

        await _answers.StopAsync(CancellationToken.None).OrTimeout();
    }

    private async Task AskAsync()
    {
        await _log.CreateAsync(_chat, CancellationToken.None);
        await _log.AskAsync(_chat, new Question("q1", "Hi"), CancellationToken.None);
    }

    private async Task WriteAsync()
    {
        await _publisher.PublishAsync(_chat.AnswerTopic("q1"), new ChatStart("m", "M"), "start");
        await _publisher.PublishAsync(_chat.AnswerTopic("q1"), new ChatDelta(1, "Hello"), "delta");
    }

    private async Task<Answer> LookAsync() => (await _answers.ReadAsync(_chat, CancellationToken.None))!.Latest!.Answer!;

    private async Task<List<string>> TypesAsync(string topic) =>
        await _publisher.ReadAsync(topic).Select(static item => item.EventType).ToListAsync();
}
