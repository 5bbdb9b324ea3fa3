namespace SseKit.Tests.Architecture;

/// <summary>Tests the check itself, with two folders that contain every kind of violation.</summary>
public sealed class LayerRulesTests
{
    private static readonly IReadOnlyList<CodeReference> Fixture =
        AssemblyReferences.Read(typeof(LayerRulesTests).Assembly, "tests/SseKit.Tests/Architecture/Fixture/");

    private static readonly Dictionary<string, string> Reserved = new() { ["Microsoft.AspNetCore.Http."] = "Upper" };

    [Theory]
    [InlineData("ReferencesByBase", "UpperType")]
    [InlineData("IReferencesByInterface", "UpperType")]
    [InlineData("ReferencesByConstraint`1", "UpperType")]
    [InlineData("ReferencesByField", "UpperKind")]
    [InlineData("ReferencesByDelegate.Invoke", "UpperKind")]
    [InlineData("ReferencesByCode.Signature", "UpperKind")]
    [InlineData("ReferencesByCode.Call", "UpperType.get_Count")]
    [InlineData("ReferencesByCode.Construction", "UpperType..ctor")]
    [InlineData("ReferencesByCode.TypeOf", "UpperType")]
    [InlineData("ReferencesByCode.GenericArgument", "UpperKind")]
    [InlineData("ReferencesByCode.Lambda", "UpperType..ctor")]
    [InlineData("ReferencesByCode.LocalFunction", "UpperType..ctor")]
    [InlineData("ReferencesByCode.AsyncAsync", "UpperType.set_Count")]
    [InlineData("ReferencesByCode.Iterator", "UpperType..ctor")]
    [InlineData("ReferencesByCode.Catch", "UpperType")]
    [InlineData("ReferencesByCode.Cast", "UpperType")]
    [InlineData("ReferencesByCode.Switch", "UpperType.get_Count")]
    [InlineData("Split.ReferencesTheOtherPart", "Split.UpperPart")]
    public void Referencing_a_later_folder_is_a_violation(string from, string to)
    {
        IReadOnlyList<string> violations = new LayerRules(["Lower", "Upper"], Reserved).Violations(Fixture);

        Assert.Contains($"Lower/{from} references Upper/{to}", violations);
    }

    [Fact]
    public void Referencing_a_reserved_type_of_another_assembly_is_a_violation()
    {
        IReadOnlyList<string> violations = new LayerRules(["Lower", "Upper"], Reserved).Violations(Fixture);

        Assert.Contains("Lower/ReferencesByCode.Web references Microsoft.AspNetCore.Http.HttpContext", violations);
    }

    [Fact]
    public void Referencing_an_earlier_folder_or_shared_partial_type_is_allowed()
    {
        IReadOnlyList<string> violations = new LayerRules(["Lower", "Upper"], Reserved).Violations(Fixture);

        Assert.DoesNotContain(violations, violation => violation.StartsWith("Upper", StringComparison.Ordinal));
        Assert.DoesNotContain(violations, violation => violation.Contains("Innocent", StringComparison.Ordinal));
        Assert.DoesNotContain(violations, violation => violation.Contains("UpperPart references", StringComparison.Ordinal));
    }

    [Fact]
    public void Only_the_direction_of_a_reference_counts()
    {
        IReadOnlyList<string> violations = new LayerRules(["Upper", "Lower"], Reserved).Violations(Fixture);

        Assert.Equal(["Upper/UpperType.ReferencesDownwardsAsync references Lower/Split.LowerPart"], violations);
    }

    [Fact]
    public void A_folder_missing_in_the_order_is_reported()
    {
        IReadOnlyList<string> unknown = new LayerRules(["Lower"], Reserved).UnknownFolders(Fixture);

        Assert.Equal(["Upper"], unknown);
    }
}
