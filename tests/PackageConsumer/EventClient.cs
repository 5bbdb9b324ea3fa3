using System.Net.ServerSentEvents;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace PackageConsumer;

/// <summary>Requests events of an app on the loopback, and compares them with the expected ones.</summary>
internal sealed class EventClient(IServiceProvider services) : IDisposable
{
    private readonly HttpClient _client = new()
    {
        BaseAddress = new Uri(
            services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single()),
        Timeout = TimeSpan.FromSeconds(30),
    };

    public async Task ExpectAsync(string path, params (string Type, string Data)[] expected)
    {
        using var response = await _client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        List<(string Type, string Data)> received = [];
        await foreach (SseItem<string> item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            received.Add((item.EventType, item.Data));
        }

        if (!received.SequenceEqual(expected))
        {
            throw new InvalidOperationException(
                $"{path} sent [{string.Join(", ", received)}] instead of [{string.Join(", ", expected)}].");
        }

        Console.WriteLine($"{path}: {received.Count} events, as due");
    }

    public void Dispose() => _client.Dispose();
}
