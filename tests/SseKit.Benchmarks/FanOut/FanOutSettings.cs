namespace SseKit.Benchmarks.FanOut;

/// <summary>The sizes of the benchmark.</summary>
/// <param name="Contents">The kinds of events: <see cref="FanOutEndpoints.Texts"/>, <see cref="FanOutEndpoints.Values"/>.</param>
/// <param name="Clients">The numbers of clients, one after the other.</param>
/// <param name="Bursts">Events of a burst, one size after the other.</param>
/// <param name="Rounds">The number of measurements.</param>
/// <param name="Length">Characters of a text.</param>
/// <param name="PacedClients">The clients of evenly paced events.</param>
/// <param name="PacedSeconds">The duration of evenly paced events; 0 for none.</param>
internal sealed record FanOutSettings(
    string[] Contents, int[] Clients, int[] Bursts, int Rounds, int Length, int PacedClients, int PacedSeconds);
