namespace ScaleOut;

/// <summary>
/// Places an order every half second, at one server after the other. An order whose server does not answer is placed again at another one,
/// under the same number.
/// </summary>
internal sealed class OrderTicker(AppServers servers, IHostApplicationLifetime lifetime) : BackgroundService
{
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(5) };

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        for (int number = 1, attempt = 0; await timer.WaitForNextTickAsync(stoppingToken); attempt++)
        {
            if (!lifetime.ApplicationStopping.IsCancellationRequested && await TryPlaceAsync(number, attempt, stoppingToken))
            {
                number++;
            }
        }
    }

    private async Task<bool> TryPlaceAsync(int number, int attempt, CancellationToken cancellationToken)
    {
        string[] addresses = servers.Addresses;
        if (addresses.Length == 0)
        {
            return false;
        }

        try
        {
            string address = addresses[attempt % addresses.Length];
            using HttpResponseMessage response = await _client.PostAsync($"{address}/orders/{number}", content: null, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
