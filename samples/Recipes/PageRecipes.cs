namespace Recipes;

/// <summary>The recipes that consist of a page, in a folder of wwwroot each, and of the endpoints that it needs.</summary>
internal static class PageRecipes
{
    public static IReadOnlyList<Recipe> All { get; } = [];
}
