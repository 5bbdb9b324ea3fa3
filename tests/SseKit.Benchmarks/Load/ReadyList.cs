using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SseKit.Benchmarks.Load;

/// <summary>
/// Linux's list of sockets that have something to read. One thread that reads thousands of clients by it leaves the machine to the server; by the
/// runtime's sockets each read would be a task, and the clients would take as much of the machine as what is measured.
/// </summary>
internal sealed class ReadyList : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 1;
    private const int MaxReady = 256;
    private const int TimeoutMilliseconds = 50;

    // struct epoll_event is its events, 32 bits, and 64 bits of the caller's. On x64 it is packed.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 3 : 4;

    private static readonly int NumberOffset = Stride - 2;

    private readonly int _list;
    private readonly uint[] _ready = new uint[MaxReady * Stride];

    public ReadyList()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("The clients of a burst are read with epoll, which only Linux has.");
        }

        _list = Check(CreateList(0));
    }

    /// <param name="socket">A socket whose reads do not wait.</param>
    /// <param name="number">What names it here.</param>
    public void Watch(Socket socket, int number)
    {
        uint[] watched = new uint[Stride];
        watched[0] = Readable;
        watched[NumberOffset] = (uint)number;
        Check(Control(_list, Add, (int)socket.Handle, watched));
    }

    /// <summary>Waits a moment for sockets that have something to read, and names them.</summary>
    /// <returns>How many.</returns>
    public int Wait(Span<int> numbers)
    {
        int count = Wait(_list, _ready, Math.Min(numbers.Length, MaxReady), TimeoutMilliseconds);
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (int)_ready[(i * Stride) + NumberOffset];
        }

        // Less than none is a signal that came in between.
        return Math.Max(count, 0);
    }

    public void Dispose() => _ = Close(_list);

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception();

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static extern int CreateList(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static extern int Control(int list, int operation, int socket, uint[] watched);

    [DllImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static extern int Wait(int list, [Out] uint[] ready, int max, int timeoutMilliseconds);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int list);
}
