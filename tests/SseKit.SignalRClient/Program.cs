using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

// Connects to a hub by server-sent events, calls Echo, and prints the answer.
HubConnection connection = new HubConnectionBuilder().WithUrl(args[0], HttpTransportType.ServerSentEvents).Build();
await connection.StartAsync();
Console.WriteLine(await connection.InvokeAsync<string>("Echo", args[1]));
await connection.StopAsync();
