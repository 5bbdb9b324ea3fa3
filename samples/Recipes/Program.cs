using Recipes;

if (args is not [string name, ..] || RecipeList.Find(name) is not { } recipe)
{
    Console.WriteLine("dotnet run --project samples/Recipes -- <name>");
    foreach (Recipe each in RecipeList.All)
    {
        Console.WriteLine($"  {each.Name,-20}{each.Purpose}");
    }

    return;
}

var builder = WebApplication.CreateBuilder(args[1..]);
recipe.Add(builder);

var app = builder.Build();
recipe.Map(app);
app.Run();
