using Microsoft.AspNetCore.SignalR;

namespace SseKit.MiddlewareTests.App;

public sealed class ChatHub : Hub
{
#pragma warning disable CA1822 // A hub's methods are called on an instance.
    public string Echo(string text) => text;
#pragma warning restore CA1822
}
