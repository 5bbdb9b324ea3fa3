using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Protocols;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// The sample with a model that pauses its answer until a number of clients have resumed it. Otherwise they would find it complete on a
/// slow machine.
/// </summary>
public sealed class HeldProtocolsApp(int resumes) : ProtocolsApp, IStartupFilter
{
    private readonly TaskCompletionSource _allResumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _streams;

    public static async Task<HeldProtocolsApp> StartAsync(int resumes)
    {
        var app = new HeldProtocolsApp(resumes);
        await app.InitializeAsync();
        return app;
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, rest) =>
        {
            // The headers of a stream are sent when it follows its topic.
            context.Response.OnStarting(OnStreamStarting);
            return rest(context);
        });
        next(app);
    };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.ConfigureTestServices(services =>
        {
            services.AddSingleton<IStartupFilter>(this);
            services.AddSingleton<IChatClient>(provider =>
                new HeldChatClient(ActivatorUtilities.CreateInstance<ScriptedChatClient>(provider), _allResumed.Task));
        });
    }

    // The first stream is the one that is resumed.
    private Task OnStreamStarting()
    {
        if (Interlocked.Increment(ref _streams) == resumes + 1)
        {
            _allResumed.SetResult();
        }

        return Task.CompletedTask;
    }
}
