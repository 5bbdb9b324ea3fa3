using Microsoft.Data.Sqlite;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class RecipeListTests : RecipeTest
{
    private readonly TemporaryDirectory _directory = new();

    public static TheoryData<string> Names => [.. RecipeList.All.Select(recipe => recipe.Name)];

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        SqliteConnection.ClearAllPools();
        _directory.Delete();
    }

    [Fact]
    public void Names_are_unique() => Assert.Distinct(RecipeList.All.Select(recipe => recipe.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Recipe_starts_without_settings_of_a_server(string name)
    {
        KestrelApp app = await StartAsync(RecipeList.Find(name)!, builder =>
        {
            builder.Configuration["Bank:File"] = Path.Combine(_directory.Path, "bank.db");
            builder.Configuration["Shop:File"] = Path.Combine(_directory.Path, "shop.db");
        });

        using HttpResponseMessage response = await app.CreateClient().GetAsync("/no-such-page");

        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
    }
}
