using ChatStreaming.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace SseKit.ClientTests.Infrastructure;

/// <summary>
/// The chat sample with a model that a script controls over HTTP: POST adds text, DELETE ends the answer, and GET returns the number of
/// calls.
/// </summary>
public sealed class ScriptedChatApp : ChatApp, IStartupFilter
{
    private readonly ScriptedChatClient _model = new();

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Map("/script", script => script.Run(LeadAsync));
        next(app);
    };

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        base.ConfigureWebHost(builder);
        builder.ConfigureTestServices(services => services.AddSingleton<IStartupFilter>(this).AddSingleton<IChatClient>(_model));
    }

    private async Task LeadAsync(HttpContext context)
    {
        switch (context.Request.Method)
        {
            case "POST":
                using (var text = new StreamReader(context.Request.Body))
                {
                    _model.Write(await text.ReadToEndAsync());
                }

                break;
            case "DELETE":
                _model.Finish();
                break;
            default:
                await context.Response.WriteAsync($"{_model.Calls}");
                break;
        }
    }
}
