using Microsoft.Extensions.Logging;

namespace SseKit.Tests.Infrastructure;

public sealed record LogRecord(string Category, LogLevel Level, EventId Id, string Message, Exception? Exception)
{
    public override string ToString() => $"{Level} {Category}[{Id.Id}] {Message}{(Exception is null ? "" : $" {Exception}")}";
}
