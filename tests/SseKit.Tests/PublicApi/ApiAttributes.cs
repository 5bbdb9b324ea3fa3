using System.Collections.ObjectModel;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace SseKit.Tests.PublicApi;

/// <summary>Spells the attributes that a caller feels: warnings, trimming, overload resolution.</summary>
internal static class ApiAttributes
{
    private static readonly HashSet<Type> Shown =
    [
        typeof(DynamicallyAccessedMembersAttribute),
        typeof(EditorBrowsableAttribute),
        typeof(ExperimentalAttribute),
        typeof(FlagsAttribute),
        typeof(ObsoleteAttribute),
        typeof(OverloadResolutionPriorityAttribute),
        typeof(RequiresDynamicCodeAttribute),
        typeof(RequiresUnreferencedCodeAttribute),
        typeof(StringSyntaxAttribute),
    ];

    // What they say is advice in prose, and no part of the contract.
    private static readonly HashSet<Type> Advice =
        [typeof(ObsoleteAttribute), typeof(RequiresDynamicCodeAttribute), typeof(RequiresUnreferencedCodeAttribute)];

    public static IEnumerable<string> Of(MemberInfo member) => Spell(member.GetCustomAttributesData());

    public static IEnumerable<string> Of(ParameterInfo parameter) => Spell(parameter.GetCustomAttributesData());

    private static IEnumerable<string> Spell(IList<CustomAttributeData> attributes) => attributes
        .Where(attribute => Shown.Contains(attribute.AttributeType))
        .Select(Spell)
        .Order(StringComparer.Ordinal);

    private static string Spell(CustomAttributeData attribute)
    {
        string name = ApiTypeName.Of(attribute.AttributeType);
        bool isAdvice = Advice.Contains(attribute.AttributeType);
        string arguments = isAdvice ? "" : string.Join(", ", attribute.ConstructorArguments.Select(Value));
        return $"[{name[..^"Attribute".Length]}{(arguments.Length == 0 ? "" : $"({arguments})")}]";
    }

    private static string Value(CustomAttributeTypedArgument argument) => argument.Value is ReadOnlyCollection<CustomAttributeTypedArgument> many
        ? string.Join(", ", many.Select(Value))
        : ApiValue.Of(argument.Value, argument.ArgumentType);
}
