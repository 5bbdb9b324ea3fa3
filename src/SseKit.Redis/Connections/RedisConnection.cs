using SseKit.PostgreSql;
using StackExchange.Redis;

namespace SseKit.Redis;

/// <summary>The connection to Redis, the store's own or the app's. Thread-safe.</summary>
internal sealed class RedisConnection : IAsyncDisposable, IDisposable
{
    // Calls in between share a failure, so that a busy app without Redis opens few sockets.
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMilliseconds(200);

    private readonly ConfigurationOptions? _configuration;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private Task<IConnectionMultiplexer>? _connecting;
    private int _reconfiguring;

    private RedisConnection(
        ConfigurationOptions? configuration, TimeProvider time, Task<IConnectionMultiplexer>? connected, RedisChannel channelPrefix)
    {
        _configuration = configuration;
        _time = time;
        _connecting = connected;
        ChannelPrefix = (string?)channelPrefix ?? "";
    }

    /// <summary>What the connection adds before each channel, and scripts do not.</summary>
    public string ChannelPrefix { get; }

    /// <summary>Whether the server is a cluster. Null as long as no server has been connected.</summary>
    public bool? IsCluster
    {
        get
        {
            if (Volatile.Read(ref _connecting) is not { IsCompletedSuccessfully: true } connected)
            {
                return null;
            }

            IServer[] servers = [.. connected.Result.GetServers().Where(static server => server.IsConnected)];
            return servers.Length > 0 ? Array.Exists(servers, static server => server.ServerType == ServerType.Cluster) : null;
        }
    }

    /// <summary>
    /// Creates a connection for this store alone, which is opened by the first call. If that fails, so does the call, and a later one tries
    /// again: the app starts also if Redis is unavailable.
    /// </summary>
    public static RedisConnection Own(ConfigurationOptions configuration, TimeProvider time)
    {
        ConfigurationOptions own = configuration.Clone();

        // Otherwise commands would wait for a connection, and fail with a timeout that does not always have the reason.
        own.AbortOnConnectFail = true;
        own.ClientName ??= "SseKit";
        return new RedisConnection(own, time, connected: null, own.ChannelPrefix);
    }

    /// <summary>Uses the app's connection, which the app disposes.</summary>
    public static RedisConnection Of(IConnectionMultiplexer multiplexer) => new(
        configuration: null,
        TimeProvider.System,
        Task.FromResult(multiplexer),
        ConfigurationOptions.Parse(multiplexer.Configuration).ChannelPrefix);

    public ValueTask<IConnectionMultiplexer> GetAsync(CancellationToken cancellationToken)
    {
        Task<IConnectionMultiplexer> connecting = Volatile.Read(ref _connecting) ?? Connect();
        return connecting.IsCompletedSuccessfully ? new(connecting.Result) : new(connecting.WaitAsync(cancellationToken));
    }

    /// <summary>
    /// Looks for the primary if an error shows that there is none where the connection expects it. By itself, the connection looks when one
    /// breaks, and once a minute.
    /// </summary>
    public void Check(Exception exception)
    {
        if (RedisErrors.IsWithoutPrimary(exception) && Interlocked.Exchange(ref _reconfiguring, 1) == 0)
        {
            BackgroundWork.Start(ReconfigureAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Opened() is { } opened)
        {
            await opened.DisposeAsync();
        }
    }

    public void Dispose() => Opened()?.Dispose();

    private Task<IConnectionMultiplexer> Connect()
    {
        lock (_gate)
        {
            if (_connecting is null)
            {
                // The connection belongs to no request.
                var connecting = new TaskCompletionSource<IConnectionMultiplexer>(TaskCreationOptions.RunContinuationsAsynchronously);
                _connecting = connecting.Task;
                BackgroundWork.Start(() => ConnectAsync(connecting));
            }

            return _connecting;
        }
    }

    private async Task ConnectAsync(TaskCompletionSource<IConnectionMultiplexer> connecting)
    {
        try
        {
            connecting.SetResult(await ConnectionMultiplexer.ConnectAsync(_configuration!));
        }
        catch (Exception exception)
        {
            connecting.SetException(RedisErrors.OfConnecting(exception));

            // All callers may have been cancelled; this marks the exception as observed.
            _ = connecting.Task.Exception;
            await Task.Delay(PauseAfterFailure, _time);
            Volatile.Write(ref _connecting, null);
        }
    }

    private async Task ReconfigureAsync()
    {
        try
        {
            await (await GetAsync(CancellationToken.None)).ConfigureAsync();
        }
        catch (Exception exception) when (RedisErrors.IsOfRedis(exception) || exception is ObjectDisposedException)
        {
            // The next refused call tries again.
        }
        finally
        {
            Volatile.Write(ref _reconfiguring, 0);
        }
    }

    // A connection that is still being opened is closed by its finalizer.
    private IConnectionMultiplexer? Opened()
    {
        Task<IConnectionMultiplexer>? connecting = Volatile.Read(ref _connecting);
        return _configuration is not null && connecting is { IsCompletedSuccessfully: true } ? connecting.Result : null;
    }
}
