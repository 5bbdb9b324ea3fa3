namespace SseKit.Benchmarks.Load;

/// <summary>The clients, in a process of their own so that what the server uses can be told from what they use. One command a line.</summary>
internal static class ClientProcess
{
    public const string Command = "client";
    public const string Read = "read";
    public const string Request = "request";
    public const string Hold = "hold";
    public const string Release = "release";
    public const string Gather = "gather";
    public const string Expect = "expect";
    public const string Wait = "wait";
    public const string Disperse = "disperse";

    public static void Run(TextReader commands, TextWriter answers)
    {
        var held = new HeldConnections();
        using var crowd = new Crowd();
        while (commands.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            answers.WriteLine(words[0] switch
            {
                Read => EventCounter.Read(int.Parse(words[1]), words[2]),
                Request => RequestBurst.Run(int.Parse(words[1]), words[2], int.Parse(words[3])),
                Hold => held.Open(int.Parse(words[1]), words[2], int.Parse(words[3])),
                Release => held.Release(),
                Gather => crowd.Open(int.Parse(words[1]), words[2], int.Parse(words[3]), bool.Parse(words[4])),
                Expect => crowd.Expect(long.Parse(words[1])),
                Wait => crowd.Wait(),
                Disperse => crowd.Release(),
                _ => throw new InvalidOperationException($"Unknown command '{line}'."),
            });
        }
    }
}
