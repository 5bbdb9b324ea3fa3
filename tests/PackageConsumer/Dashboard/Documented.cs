namespace PackageConsumer;

/// <summary>The C# of src/docs/dashboard.md, line by line.</summary>
internal static class Documented
{
    public static void MapInDevelopment(WebApplication app)
    {
        if (app.Environment.IsDevelopment())
        {
            app.MapSseDashboard("/sse");
        }
    }

    public static void AddPolicy(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy("operators", policy => policy.RequireRole("operator"));
    }

    public static void MapForOperators(WebApplication app)
    {
        app.MapSseDashboard("/sse", options =>
        {
            options.DisconnectPolicy = "operators";
            options.TailPolicy = "operators";
        }).RequireAuthorization("operators");
    }
}
