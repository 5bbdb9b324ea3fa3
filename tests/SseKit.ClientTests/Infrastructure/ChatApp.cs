extern alias Chat;

using Microsoft.AspNetCore.Hosting;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>The chat sample, with its own folder for events.</summary>
public class ChatApp : SampleApp<Chat::Program>
{
    private readonly TemporaryDirectory _events = new();

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync();
        }
        finally
        {
            _events.Delete();
            GC.SuppressFinalize(this);
        }
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.UseSetting("Events:Directory", _events.Path);
    }
}
