namespace Recipes;

/// <summary>A small program, named on the command line: its services, and its endpoints.</summary>
internal sealed record Recipe(string Name, string Purpose, Action<WebApplicationBuilder> Add, Action<WebApplication> Map);
