namespace PackageConsumer;

/// <summary>The C# of the package's README, line by line.</summary>
internal static class PackageReadme
{
    public static void AddServices(WebApplicationBuilder builder)
    {
        builder.Services.AddSse();
    }

    public static void Map(WebApplication app)
    {
        app.MapSseDashboard("/sse", options => options.DisconnectPolicy = "operators").RequireAuthorization("operators");
    }
}
