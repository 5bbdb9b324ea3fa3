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

    /// <summary>Fires when somebody stops the answer, and when the host stops.</summary>
    public CancellationToken Token { get; }

    /// <summary>Its last event is being published: it takes no word any more, and the next question only has to wait.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Completes when the log has it.</summary>
    public Task Ended => _ended.Task;

    public async Task StopAsync()
    {
        try
        {
            await _cancel.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    public void End()
    {
        _cancel.Dispose(); // Else the host's token would remember every answer that there ever was.
        _ended.TrySetResult();
    }
}
