using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Protocols;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>The sample with a model that pauses in the middle of its answer until it is stopped.</summary>
public sealed class StoppableProtocolsApp : ProtocolsApp
{
    private HeldChatClient? _model;

    internal HeldChatClient Model => _model!;

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.ConfigureTestServices(services => services.AddSingleton<IChatClient>(provider =>
            _model = new HeldChatClient(ActivatorUtilities.CreateInstance<ScriptedChatClient>(provider), Task.Delay(Timeout.Infinite))));
    }
}
