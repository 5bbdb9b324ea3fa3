using System.Reflection;
using Xunit.Sdk;

namespace Recipes.Tests.Infrastructure;

/// <summary>A test case on PostgreSQL. It is skipped if that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
[DataDiscoverer("Xunit.Sdk.DataDiscoverer", "xunit.core")]
public sealed class PostgreSqlDataAttribute : DataAttribute
{
    public PostgreSqlDataAttribute() => Skip = PostgreSqlDatabase.ReasonToSkip;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [["postgresql"]];
}
