namespace SseKit.Connections;

/// <summary>The time that a client has to read the end of its response.</summary>
/// <remarks>
/// It ends at the write deadline, or at the end of a stopping host's grace period. The server itself would wait without limit, also during
/// a stop.
/// </remarks>
internal sealed class ReaderDeadline : IDisposable
{
    // The time that a reading client needs if the grace period is over already. Real time, because the network follows no TimeProvider.
    private static readonly TimeSpan AfterGrace = TimeSpan.FromMilliseconds(500);

    private readonly StreamConnection _connection;
    private readonly CancellationTokenSource _timeout;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenSource _either;
    private readonly CancellationTokenRegistration _graceOver;

    public ReaderDeadline(StreamConnection connection)
    {
        _connection = connection;
        _timeout = new CancellationTokenSource(connection.Options.WriteTimeout, connection.Runtime.Time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, _stop.Token);
        _graceOver = connection.Runtime.GraceOver.UnsafeRegister(static deadline => ((ReaderDeadline)deadline!).StopSoon(), this);
    }

    public CancellationToken Token => _either.Token;

    public void Dispose()
    {
        _graceOver.Dispose();
        _either.Dispose();
        _stop.Dispose();
        _timeout.Dispose();
    }

    private void StopSoon()
    {
        TimeSpan left = _connection.GraceLeft;
        _stop.CancelAfter(left > AfterGrace ? left : AfterGrace);
    }
}
