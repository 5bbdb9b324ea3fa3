using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Notifications;

namespace SseKit.BrowserTests.Samples;

/// <summary>The notifications sample on a real Kestrel: unchanged, or with a clock of the test and without its alerts.</summary>
internal sealed class NotificationsApp(TimeProvider? time = null) : WebApplicationFactory<Program>
{
    public LogCapture Logs { get; } = new();

    public Uri Listen()
    {
        // UseKestrel(0) sets the port while the app may have started already, and then throws.
        UseKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        StartServer();
        return ClientOptions.BaseAddress;
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        // Configuration files are not watched: tests start many applications, and the kernel's watches are few.
        builder.UseSetting("hostBuilder:reloadConfigOnChange", "false");
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(Logs));
        if (time is not null)
        {
            builder.ConfigureTestServices(services =>
            {
                services.AddSingleton(time);
                services.Remove(services.Single(service => service.ImplementationType == typeof(SystemAlerts)));
            });
        }
    }
}
