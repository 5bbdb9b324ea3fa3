namespace ChatStreaming.Chats;

/// <summary>An answer that this process writes.</summary>
internal sealed class AnswerRun
{
    private readonly CancellationTokenSource _cancel;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public AnswerRun(string id, CancellationToken stopping)
    {
        Id = id;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Token = _cancel.Token;
    }

    public string Id { get; }

    /// <summary>Fires when a client stops the answer, and when the host stops.</summary>
    public CancellationToken Token { get; }

    /// <summary>Whether its last event is being published: it gets no more text, and the next question waits for its end.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Completes when the log has the result.</summary>
    public Task Ended => _ended.Task;

    public async Task StopAsync()
    {
        try
        {
            await _cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // The answer has just ended.
        }
    }

    public void End()
    {
        _cancel.Dispose(); // Otherwise the host's token would keep the registration of every answer.
        _ended.TrySetResult();
    }
}
