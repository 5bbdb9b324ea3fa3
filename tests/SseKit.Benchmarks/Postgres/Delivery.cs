using SseKit.Benchmarks.Measuring;

namespace SseKit.Benchmarks.Postgres;

/// <summary>
/// The time of events from the call to the clients of two servers, if one of them publishes and if both publish to the same topic.
/// </summary>
internal static class Delivery
{
    private const int Count = 1000;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(SharedServer a, SharedServer b)
    {
        var table = new Table("from the call until a client has it, ms", "client of", "median", "99 %", "longest");
        await OneByOneAsync(table, "one after the other, on A", a, b, [a]);
        await OneByOneAsync(table, "one after the other, on A and B in turn", a, b, [a, b]);
        await PacedAsync(table, "two publishers, about 100 events/s each, both on A", a, b, [a, a]);
        await PacedAsync(table, "two publishers, about 100 events/s each, on A and on B", a, b, [a, b]);
        table.Print();
    }

    private static async Task OneByOneAsync(Table table, string what, SharedServer a, SharedServer b, SharedServer[] publishers)
    {
        string topic = $"delivery-{Guid.NewGuid():N}";
        using var ofA = new DeliveryClient(a, topic);
        using var ofB = new DeliveryClient(b, topic);
        await Task.WhenAll(ofA.OpenAsync(), ofB.OpenAsync());
        List<double>[] delays = [[], []];
        for (int i = 0; i < Count; i++)
        {
            ValueTask<string> publishing = publishers[i % publishers.Length].Publisher.PublishAsync(topic, DeliveryClient.Now());
            double[] taken = await Task.WhenAll(ofA.TakeAsync(), ofB.TakeAsync());
            delays[0].Add(taken[0]);
            delays[1].Add(taken[1]);
            await publishing;
        }

        Add(table, what, delays);
    }

    private static async Task PacedAsync(Table table, string what, SharedServer a, SharedServer b, SharedServer[] publishers)
    {
        string topic = $"delivery-{Guid.NewGuid():N}";
        using var ofA = new DeliveryClient(a, topic);
        using var ofB = new DeliveryClient(b, topic);
        await Task.WhenAll(ofA.OpenAsync(), ofB.OpenAsync());
        Task<List<double>>[] taking = [TakeAsync(ofA), TakeAsync(ofB)];
        await Task.WhenAll(publishers.Select(server => Task.Run(async () =>
        {
            for (int i = 0; i < Count / publishers.Length; i++)
            {
                await Task.Delay(Pace);
                await server.Publisher.PublishAsync(topic, DeliveryClient.Now());
            }
        })));
        Add(table, what, await Task.WhenAll(taking));
    }

    private static async Task<List<double>> TakeAsync(DeliveryClient client)
    {
        List<double> delays = [];
        while (delays.Count < Count)
        {
            delays.Add(await client.TakeAsync());
        }

        return delays;
    }

    private static void Add(Table table, string what, List<double>[] delaysOfServers)
    {
        foreach ((string server, List<double> delays) in new[] { "A", "B" }.Zip(delaysOfServers))
        {
            delays.Sort();
            table.Add(what, server, $"{delays[Count / 2]:F2}", $"{delays[Count * 99 / 100]:F2}", $"{delays[^1]:F2}");
        }
    }
}
