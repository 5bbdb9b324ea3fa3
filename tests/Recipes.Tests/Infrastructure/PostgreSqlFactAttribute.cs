namespace Recipes.Tests.Infrastructure;

/// <summary>A test that needs PostgreSQL. It is skipped if that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgreSqlFactAttribute : FactAttribute
{
    public PostgreSqlFactAttribute() => Skip = PostgreSqlDatabase.ReasonToSkip;
}
