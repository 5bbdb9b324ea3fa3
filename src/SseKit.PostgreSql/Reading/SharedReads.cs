namespace SseKit.PostgreSql;

/// <summary>
/// Lets callers who ask the same at the same time share one answer: a thousand followers of a topic who are woken together read it once or twice. Nobody gets an answer
/// that was asked for before he came, because what was appended before his call has to be in it. A read whose askers have all left is
/// cancelled. Thread-safe.
/// </summary>
/// <param name="read">Asks the database.</param>
/// <param name="lane">How many ask at once: no number of followers takes more connections (I8).</param>
/// <param name="stopping">Ends the reads.</param>
internal sealed class SharedReads<TKey, TResult>(
    Func<TKey, CancellationToken, Task<TResult>> read, SemaphoreSlim lane, CancellationToken stopping)
    where TKey : notnull
{
    private readonly Lock _gate = new();

    // The next answer of each question that is under way.
    private readonly Dictionary<TKey, Answer> _next = [];

    public async Task<TResult> ReadAsync(TKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Answer? answer;
        lock (_gate)
        {
            if (!_next.TryGetValue(key, out answer))
            {
                answer = new Answer();
                _next.Add(key, answer);
                BackgroundWork.Start(() => AnswerAsync(key));
            }

            answer.Askers++;
        }

        try
        {
            return await answer.Completion.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Leave(answer);
            throw;
        }
    }

    // One question of a kind is under way at a time. Who comes meanwhile gets the next answer.
    private async Task AnswerAsync(TKey key)
    {
        while (IsAsked(key))
        {
            await lane.WaitAsync(CancellationToken.None);
            try
            {
                if (TryBegin(key) is { } answer)
                {
                    await AnswerAsync(key, answer);
                }
            }
            finally
            {
                lane.Release();
            }
        }
    }

    private async Task AnswerAsync(TKey key, Answer answer)
    {
        try
        {
            answer.Completion.SetResult(await read(key, answer.Reading!.Token));
        }
        catch (Exception exception)
        {
            answer.Completion.SetException(exception);
        }
        finally
        {
            lock (_gate)
            {
                answer.Reading!.Dispose();
                answer.Reading = null;
            }
        }
    }

    private bool IsAsked(TKey key)
    {
        lock (_gate)
        {
            return _next[key].Askers > 0 || !_next.Remove(key);
        }
    }

    // Null if all have left.
    private Answer? TryBegin(TKey key)
    {
        lock (_gate)
        {
            Answer answer = _next[key];
            if (answer.Askers == 0)
            {
                return null;
            }

            _next[key] = new Answer();
            answer.Reading = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            return answer;
        }
    }

    private void Leave(Answer answer)
    {
        lock (_gate)
        {
            if (--answer.Askers == 0)
            {
                // Nobody joins an answer whose read has begun.
                _ = answer.Reading?.CancelAsync();
            }
        }
    }

    private sealed class Answer
    {
        public Answer()
        {
            // Those who asked may all have left before it fails.
            _ = Completion.Task.ContinueWith(
                static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }

        public TaskCompletionSource<TResult> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Askers { get; set; }

        public CancellationTokenSource? Reading { get; set; }
    }
}
