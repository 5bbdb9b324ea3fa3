extern alias Chat;

using Microsoft.AspNetCore.Hosting;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>The chat sample, with a folder of its own for its events.</summary>
public sealed class ChatApp : SampleApp<Chat::Program>
{
    private readonly DirectoryInfo _events = Directory.CreateTempSubdirectory("ssekit-chat-");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _events.Delete(recursive: true);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.UseSetting("Events:Directory", _events.FullName);
    }
}
