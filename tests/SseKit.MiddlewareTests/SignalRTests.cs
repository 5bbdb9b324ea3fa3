using System.Diagnostics;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using SseKit.MiddlewareTests.App;
using SseKit.MiddlewareTests.Infrastructure;

namespace SseKit.MiddlewareTests;

/// <summary>SignalR's server-sent events under UseSse. Its endpoints have their own keep-alive.</summary>
public sealed class SignalRTests : FullAppTest
{
    [Fact]
    public async Task A_client_of_the_current_version_connects_and_is_answered()
    {
        await using HubConnection connection = Connect(Server.BaseAddress);
        await connection.StartAsync().OrTimeout();

        Assert.Equal("hello", await connection.InvokeAsync<string>("Echo", "hello").OrTimeout());
    }

    [Fact]
    public async Task A_client_of_version_8_connects_and_is_answered()
    {
        string program = typeof(SignalRTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "SignalRClient").Value!;
        using Process client = Process.Start(DotnetProgram.Named(program, $"{Server.BaseAddress}hub", "hello"))!;

        string output = await client.StandardOutput.ReadToEndAsync().OrTimeout();

        Assert.Equal("hello", output.Trim());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Its_streams_are_not_intercepted(bool useSseBeforeRouting)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                // Before routing, the request has no endpoint yet.
                (useSseBeforeRouting ? app.UseSse().UseRouting() : app.UseRouting().UseSse()).UseEndpoints(
                    endpoints => endpoints.MapHub<ChatHub>("/hub"));
            },
            builder => builder.Services.AddSignalR());
        using var readings = new MeterReadings(app.Services, "SseKit");
        await using HubConnection connection = Connect(app.BaseAddress);

        await connection.StartAsync().OrTimeout();

        Assert.Equal("hello", await connection.InvokeAsync<string>("Echo", "hello").OrTimeout());
        Assert.Empty(readings.Of("ssekit.active_connections"));
    }

    private static HubConnection Connect(Uri address) =>
        new HubConnectionBuilder().WithUrl(new Uri(address, "hub"), HttpTransportType.ServerSentEvents).Build();
}
