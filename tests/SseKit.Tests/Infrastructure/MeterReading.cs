namespace SseKit.Tests.Infrastructure;

public sealed record MeterReading(string Instrument, double Value, IReadOnlyDictionary<string, object?> Tags);
