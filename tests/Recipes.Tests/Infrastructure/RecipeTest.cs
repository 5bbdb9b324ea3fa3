using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit;

namespace Recipes.Tests.Infrastructure;

/// <summary>A test that starts recipes on a real server.</summary>
public abstract class RecipeTest : ServerTest
{
    /// <summary>Starts a recipe with settings, the clock and other services that are registered before its own.</summary>
    private protected Task<KestrelApp> StartAsync(
        Recipe recipe, Action<WebApplicationBuilder>? before = null, Action<WebApplication>? endpoints = null) =>
        StartAsync(
            app =>
            {
                recipe.Map(app);
                endpoints?.Invoke(app);
            },
            builder =>
            {
                before?.Invoke(builder);
                recipe.Add(builder);
            });

    private protected static ISsePublisher PublisherOf(KestrelApp app) => app.Services.GetRequiredService<ISsePublisher>();

    private protected static ISseConnections ConnectionsOf(KestrelApp app) => app.Services.GetRequiredService<ISseConnections>();
}
