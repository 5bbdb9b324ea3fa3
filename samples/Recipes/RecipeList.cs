namespace Recipes;

internal static class RecipeList
{
    public static IReadOnlyList<Recipe> All { get; } =
    [
        Ticker.Recipe,
        .. PageRecipes.All,
    ];

    public static Recipe? Find(string name) => All.FirstOrDefault(recipe => recipe.Name == name);
}
