namespace SseKit.PostgreSql;

/// <summary>
/// Lets callers who ask the same at the same time share one answer: a thousand followers of a topic who are woken together read it once or twice. Nobody gets an answer
/// that was asked for before he came, because what was appended before his call has to be in it. Thread-safe.
/// </summary>
/// <param name="read">Asks the database.</param>
/// <param name="lane">How many ask at once: no number of followers takes more connections (I8).</param>
/// <param name="stopping">Ends the reads.</param>
internal sealed class SseSharedReads<TKey, TResult>(
    Func<TKey, CancellationToken, Task<TResult>> read, SemaphoreSlim lane, CancellationToken stopping)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, Question> _questions = [];

    public Task<TResult> ReadAsync(TKey key, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<TResult> answer;
        lock (_gate)
        {
            if (_questions.TryGetValue(key, out Question? question))
            {
                question.Askers++;
            }
            else
            {
                question = new Question { Askers = 1 };
                _questions.Add(key, question);
                _ = Task.Run(() => AnswerAsync(key, question), CancellationToken.None);
            }

            answer = question.Next.Task;
        }

        return answer.WaitAsync(cancellationToken);
    }

    // One question of a kind is under way at a time. Who comes meanwhile gets the next answer.
    private async Task AnswerAsync(TKey key, Question question)
    {
        while (true)
        {
            await lane.WaitAsync(CancellationToken.None);
            TaskCompletionSource<TResult> answer = Begin(question);
            try
            {
                answer.SetResult(await read(key, stopping));
            }
            catch (Exception exception)
            {
                answer.SetException(exception);
            }
            finally
            {
                lane.Release();
            }

            lock (_gate)
            {
                if (question.Askers == 0)
                {
                    _questions.Remove(key);
                    return;
                }
            }
        }
    }

    private TaskCompletionSource<TResult> Begin(Question question)
    {
        lock (_gate)
        {
            TaskCompletionSource<TResult> answer = question.Next;
            question.Next = NewAnswer();
            question.Askers = 0;
            return answer;
        }
    }

    private static TaskCompletionSource<TResult> NewAnswer()
    {
        var answer = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Those who asked may all have left before it fails.
        _ = answer.Task.ContinueWith(
            static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        return answer;
    }

    private sealed class Question
    {
        public TaskCompletionSource<TResult> Next { get; set; } = NewAnswer();

        public int Askers { get; set; }
    }
}
