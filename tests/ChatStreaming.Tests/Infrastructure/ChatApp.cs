using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChatStreaming.Tests.Infrastructure;

/// <summary>
/// The unchanged sample, with the test's model if there is one, and with settings as from the command line. An unexpected Error in its log
/// fails the test.
/// </summary>
internal sealed class ChatApp(IChatClient? model = null, params (string Key, string Value)[] settings) : WebApplicationFactory<Program>
{
    private readonly TemporaryDirectory _events = new();

    public LogCapture Logs { get; } = new();

    /// <summary>Starts it on a real Kestrel, for browsers and for clients that disconnect.</summary>
    public Uri Listen()
    {
        // UseKestrel(0) sets the port while the app may have started already, and then throws.
        UseKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        StartServer();
        return ClientOptions.BaseAddress;
    }

    public override async ValueTask DisposeAsync()
    {
        try
        {
            await base.DisposeAsync();
        }
        finally
        {
            _events.Delete();
        }

        Logs.AssertNoUnexpectedErrors();
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // Configuration files are not watched: tests start many applications, and the kernel's watches are few.
        builder.UseSetting("hostBuilder:reloadConfigOnChange", "false");
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Logs));
        builder.UseSetting("Events:Directory", _events.Path);
        foreach ((string key, string value) in settings)
        {
            builder.UseSetting(key, value);
        }

        if (model is not null)
        {
            builder.ConfigureTestServices(services => services.AddSingleton(model));
        }
    }
}
