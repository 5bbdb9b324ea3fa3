using ScaleOut;

// This program is two things: a front end with a reverse proxy, and, started by the front end with --server, each of the two app servers
// behind it.
var builder = WebApplication.CreateBuilder(args);
await (builder.Configuration["server"] is { } name ? AppServer.RunAsync(builder, name) : FrontEnd.RunAsync(builder));
