using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SseKit.Benchmarks.Load;

/// <summary>
/// Linux's list of sockets with pending bytes (epoll). With it one thread reads thousands of clients. With the runtime's sockets each read
/// would be a task, and the clients would use as much CPU as the server.
/// </summary>
internal sealed class ReadyList : IDisposable
{
    private const int Add = 1;
    private const uint Readable = 1;
    private const int MaxReady = 256;
    private const int TimeoutMilliseconds = 50;

    // struct epoll_event has 32 bits of events, and 64 bits of the caller's. On x64 it is packed.
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

    /// <param name="socket">A non-blocking socket.</param>
    /// <param name="number">The number that identifies it.</param>
    public void Watch(Socket socket, int number)
    {
        uint[] watched = new uint[Stride];
        watched[0] = Readable;
        watched[NumberOffset] = (uint)number;
        Check(Control(_list, Add, (int)socket.Handle, watched));
    }

    /// <summary>Waits a short time for sockets with pending bytes, and returns their numbers.</summary>
    /// <returns>The number of sockets.</returns>
    public int Wait(Span<int> numbers)
    {
        int count = Wait(_list, _ready, Math.Min(numbers.Length, MaxReady), TimeoutMilliseconds);
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (int)_ready[(i * Stride) + NumberOffset];
        }

        // A negative result is an interrupting signal.
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
