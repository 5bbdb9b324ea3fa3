using Recipes;

if (args.Select(RecipeList.Find).FirstOrDefault(found => found is not null) is not { } recipe)
{
    Console.WriteLine("dotnet run --project samples/Recipes -- <name>");
    foreach (Recipe each in RecipeList.All)
    {
        Console.WriteLine($"  {each.Name,-20}{each.Purpose}");
    }

    return;
}

var builder = WebApplication.CreateBuilder(args);
recipe.Add(builder);

var app = builder.Build();
recipe.Map(app);
app.Run();
