namespace SseKit.Benchmarks.FanOut;

/// <summary>How much of what.</summary>
/// <param name="Contents">What events hold: <see cref="FanOutEndpoints.Texts"/>, <see cref="FanOutEndpoints.Values"/>.</param>
/// <param name="Clients">How many clients, one after the other.</param>
/// <param name="Bursts">Events of a burst, one size after the other.</param>
/// <param name="Rounds">How often everything is measured.</param>
/// <param name="Length">Characters of a text.</param>
/// <param name="PacedClients">Clients of events that come evenly.</param>
/// <param name="PacedSeconds">How long those come; 0 for not at all.</param>
internal sealed record FanOutSettings(string[] Contents, int[] Clients, int[] Bursts, int Rounds, int Length, int PacedClients, int PacedSeconds);
