using System.Net.Http.Json;
using SseKit.ClientTests.Infrastructure;

namespace SseKit.ClientTests;

public sealed class EventSourceTests(NotificationsApp notifications) : IClassFixture<NotificationsApp>
{
    [NodeTheory]
    [InlineData("eventsource")]
    [InlineData("eventsource-client")]
    public async Task A_reconnecting_client_gets_every_order_once(string client)
    {
        string[] before = await OrderAsync(client, 1, 3);
        CuttingProxy proxy = notifications.CutAfter(before[^1]);

        Task<ClientReport> reporting = NodeClients.RunAsync(client, proxy.Address, $"{client} 8");
        await proxy.Cut;
        string[] after = await OrderAsync(client, 4, 8);
        ClientReport report = await reporting;

        Assert.Null(report.Error);
        Assert.Equal([.. before, .. after], report.Strings("items").Where(item => item.StartsWith(client + " ", StringComparison.Ordinal)));
        Assert.Equal(2, report.Number("opened"));
    }

    private async Task<string[]> OrderAsync(string client, int first, int last)
    {
        using HttpClient http = notifications.CreateHttpClient();
        string[] items = [.. Enumerable.Range(first, last - first + 1).Select(number => $"{client} {number}")];
        foreach (string item in items)
        {
            using HttpResponseMessage response = await http.PostAsJsonAsync("orders", new { item });
            response.EnsureSuccessStatusCode();
        }

        return items;
    }
}
