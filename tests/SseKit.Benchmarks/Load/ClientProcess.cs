namespace SseKit.Benchmarks.Load;

/// <summary>
/// The clients, in their own process, so that the server's CPU and memory can be measured separately. One command a line.
/// </summary>
internal static class ClientProcess
{
    public const string Command = "client";
    public const string Read = "read";
    public const string Request = "request";
    public const string Hold = "hold";
    public const string Release = "release";
    public const string Open = "open";
    public const string Expect = "expect";
    public const string Wait = "wait";
    public const string Close = "close";

    public static void Run(TextReader commands, TextWriter answers)
    {
        var held = new HeldConnections();
        using var clients = new ClientGroup();
        while (commands.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            answers.WriteLine(words[0] switch
            {
                Read => EventCounter.Read(int.Parse(words[1]), words[2]),
                Request => RequestBurst.Run(int.Parse(words[1]), words[2], int.Parse(words[3])),
                Hold => held.Open(int.Parse(words[1]), words[2], int.Parse(words[3])),
                Release => held.Release(),
                Open => clients.Open(int.Parse(words[1]), words[2], int.Parse(words[3]), bool.Parse(words[4])),
                Expect => clients.Expect(long.Parse(words[1])),
                Wait => clients.Wait(),
                Close => clients.Release(),
                _ => throw new InvalidOperationException($"Unknown command '{line}'."),
            });
        }
    }
}
