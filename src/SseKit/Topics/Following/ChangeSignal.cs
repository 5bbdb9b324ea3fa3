using System.Threading.Tasks.Sources;
using SseKit.Connections;

namespace SseKit.Topics.Following;

/// <summary>Lets one connection wait for a change of its topics, without a task, a channel or an allocation for each wait.</summary>
internal sealed class ChangeSignal : IWakeable, IValueTaskSource, IThreadPoolWorkItem
{
    private const int Running = 0;
    private const int Waiting = 1;
    private const int Woken = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    /// <summary>Waits for a call of <see cref="Wake"/>, or returns at once if there was one since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Running) == Running)
        {
            return new ValueTask(this, _core.Version);
        }

        Volatile.Write(ref _state, Running);
        return default;
    }

    public void Wake()
    {
        if (Interlocked.Exchange(ref _state, Woken) == Waiting)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _state, Running);
        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
