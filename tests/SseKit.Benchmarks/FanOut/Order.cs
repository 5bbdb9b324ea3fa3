namespace SseKit.Benchmarks.FanOut;

/// <summary>A small value, as an app would publish it.</summary>
internal sealed record Order(int Id, string Mark, string Customer, string State, double Total);
