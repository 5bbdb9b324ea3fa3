using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SseKit;

// Publishes to an SQLite file until it is killed, and writes a line for each acknowledged event: topic, position, text. The line is written
// before the next publish.
const int Publishers = 4;
const int Topics = 3;
string path = args[0];
string life = args[1];

var services = new ServiceCollection();
services.AddSse().AddSqliteEventStore(path, options => options.Synchronous = Enum.Parse<SseSqliteSynchronous>(args[2]));
await using ServiceProvider provider = services.BuildServiceProvider();
ISseEventStore store = provider.GetRequiredService<ISseEventStore>();
using Stream output = Console.OpenStandardOutput();
var gate = new Lock();

await Task.WhenAll(Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() => PublishAsync(publisher))));

async Task PublishAsync(int publisher)
{
    for (int i = 0; ; i++)
    {
        string topic = $"topic-{(publisher + i) % Topics}";
        string text = $"{life}.{publisher}.{i}";
        byte[] payload = Encoding.UTF8.GetBytes(text.PadRight(200 + (i * 37 % 900), '.'));
        var request = new SseAppendRequest { Topic = topic, Payloads = [payload], IdempotencyKey = text };
        SsePosition position = (await store.AppendAsync(request, CancellationToken.None)).Position;
        byte[] line = Encoding.UTF8.GetBytes($"{topic} {position} {text}\n");
        lock (gate)
        {
            output.Write(line);
        }
    }
}
