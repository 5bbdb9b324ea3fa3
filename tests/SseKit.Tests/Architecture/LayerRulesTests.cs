namespace SseKit.Tests.Architecture;

/// <summary>A check that nothing can fail proves nothing: here are two folders with every mistake that there is.</summary>
public sealed class LayerRulesTests
{
    private static readonly IReadOnlyList<CodeReference> Fixture =
        AssemblyReferences.Read(typeof(LayerRulesTests).Assembly, "tests/SseKit.Tests/Architecture/Fixture/");

    private static readonly Dictionary<string, string> Reserved = new() { ["Microsoft.AspNetCore.Http."] = "Upper" };

    [Theory]
    [InlineData("KnowsByBase", "UpperType")]
    [InlineData("IKnowsByInterface", "UpperType")]
    [InlineData("KnowsByConstraint`1", "UpperType")]
    [InlineData("KnowsByField", "UpperKind")]
    [InlineData("KnowsByDelegate.Invoke", "UpperKind")]
    [InlineData("KnowsByCode.Signature", "UpperKind")]
    [InlineData("KnowsByCode.Call", "UpperType.get_Count")]
    [InlineData("KnowsByCode.Construction", "UpperType..ctor")]
    [InlineData("KnowsByCode.TypeOf", "UpperType")]
    [InlineData("KnowsByCode.GenericArgument", "UpperKind")]
    [InlineData("KnowsByCode.Lambda", "UpperType..ctor")]
    [InlineData("KnowsByCode.LocalFunction", "UpperType..ctor")]
    [InlineData("KnowsByCode.AsyncAsync", "UpperType.set_Count")]
    [InlineData("KnowsByCode.Iterator", "UpperType..ctor")]
    [InlineData("KnowsByCode.Catch", "UpperType")]
    [InlineData("KnowsByCode.Cast", "UpperType")]
    [InlineData("KnowsByCode.Switch", "UpperType.get_Count")]
    [InlineData("Split.KnowsTheOtherPart", "Split.UpperPart")]
    public void Knowing_a_later_folder_is_a_violation(string from, string to)
    {
        IReadOnlyList<string> violations = new LayerRules(["Lower", "Upper"], Reserved).Violations(Fixture);

        Assert.Contains($"Lower/{from} knows Upper/{to}", violations);
    }

    [Fact]
    public void Knowing_a_reserved_type_of_another_assembly_is_a_violation()
    {
        IReadOnlyList<string> violations = new LayerRules(["Lower", "Upper"], Reserved).Violations(Fixture);

        Assert.Contains("Lower/KnowsByCode.Web knows Microsoft.AspNetCore.Http.HttpContext", violations);
    }

    [Fact]
    public void Knowing_an_earlier_folder_or_a_partial_type_that_stands_in_both_is_none()
    {
        IReadOnlyList<string> violations = new LayerRules(["Lower", "Upper"], Reserved).Violations(Fixture);

        Assert.DoesNotContain(violations, violation => violation.StartsWith("Upper", StringComparison.Ordinal));
        Assert.DoesNotContain(violations, violation => violation.Contains("Innocent", StringComparison.Ordinal));
        Assert.DoesNotContain(violations, violation => violation.Contains("UpperPart knows", StringComparison.Ordinal));
    }

    [Fact]
    public void The_direction_is_what_counts()
    {
        IReadOnlyList<string> violations = new LayerRules(["Upper", "Lower"], Reserved).Violations(Fixture);

        Assert.Equal(["Upper/UpperType.KnowsDownwardsAsync knows Lower/Split.LowerPart"], violations);
    }

    [Fact]
    public void A_folder_without_a_place_is_named()
    {
        IReadOnlyList<string> unknown = new LayerRules(["Lower"], Reserved).UnknownFolders(Fixture);

        Assert.Equal(["Upper"], unknown);
    }
}
