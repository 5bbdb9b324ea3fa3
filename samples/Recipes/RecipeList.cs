namespace Recipes;

internal static class RecipeList
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        Ticker.Recipe,
        UserNotifications.Recipe,
        EventSourceTickets.Recipe,
        Outbox.Recipe,
        ScopedConnection.Recipe,
        LlmProxy.Recipe,
        ComponentEvents.Recipe,
        MvcStreams.Recipe,
        McpKeepAlive.Recipe,
        SignalRRooms.Recipe,
        DotnetClient.Recipe,
        Telemetry.Recipe,
        .. PageRecipes.All,
    ];

    public static Recipe? Find(string name) => All.FirstOrDefault(recipe => recipe.Name == name);
}
