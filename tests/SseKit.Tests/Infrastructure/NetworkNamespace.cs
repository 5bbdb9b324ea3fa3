using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SseKit.Tests.Infrastructure;

/// <summary>
/// A separate network with only a loopback, which a test can cut without a FIN. Sockets that are created in it stay in it, whichever thread
/// uses them. Linux allows one to root only.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x40000000;

    private readonly BlockingCollection<Action> _actions = [];

    private NetworkNamespace()
    {
    }

    /// <summary>Creates a namespace.</summary>
    /// <exception cref="InvalidOperationException">This process may not create one.</exception>
    public static NetworkNamespace Create()
    {
        var network = new NetworkNamespace();
        new Thread(network.Run) { IsBackground = true }.Start();
        if (!network.Invoke(() => Unshare(NewNetwork) == 0))
        {
            network.Dispose();
            throw new InvalidOperationException("This process may not make a network namespace.");
        }

        network.SetLoopback("up");
        return network;
    }

    /// <summary>Runs code in the namespace.</summary>
    public T Invoke<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _actions.Add(() =>
        {
            try
            {
                done.SetResult(action());
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        });
        return done.Task.OrTimeout().GetAwaiter().GetResult();
    }

    /// <summary>From now on no packet arrives.</summary>
    public void Cut() => SetLoopback("down");

    public void Dispose() => _actions.CompleteAdding();

    private void SetLoopback(string state) => Invoke(() =>
    {
        using Process ip = Process.Start(InstalledProgram.PathOf("ip"), ["link", "set", "lo", state]);
        ip.WaitForExit();
        return ip.ExitCode == 0 ? true : throw new InvalidOperationException($"ip failed with code {ip.ExitCode}.");
    });

    private void Run()
    {
        foreach (Action action in _actions.GetConsumingEnumerable())
        {
            action();
        }
    }

    [DllImport("libc", EntryPoint = "unshare", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Unshare(int flags);
}
