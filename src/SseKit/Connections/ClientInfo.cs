using System.Net;

namespace SseKit.Connections;

/// <summary>What is known of the client of a stream. Stored when the stream opens, because its request may end at any time.</summary>
internal readonly record struct ClientInfo(string? User, IPAddress? RemoteAddress, string? Path);
