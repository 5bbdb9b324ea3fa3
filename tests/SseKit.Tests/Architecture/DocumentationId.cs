using System.Reflection;

namespace SseKit.Tests.Architecture;

/// <summary>The ids by which documentation files and BannedSymbols.txt name members.</summary>
internal static class DocumentationId
{
    public static string Of(MemberInfo member) => member switch
    {
        Type type => $"T:{NameOf(type)}",
        ConstructorInfo constructor => $"M:{NameOf(constructor.DeclaringType!)}.#ctor{ParametersOf(constructor)}",
        MethodInfo method => $"M:{NameOf(method.DeclaringType!)}.{method.Name}{ArityOf(method)}{ParametersOf(method)}",
        PropertyInfo property => $"P:{NameOf(property.DeclaringType!)}.{property.Name}",
        FieldInfo field => $"F:{NameOf(field.DeclaringType!)}.{field.Name}",
        EventInfo each => $"E:{NameOf(each.DeclaringType!)}.{each.Name}",
        _ => throw new ArgumentException($"{member} has no id.", nameof(member)),
    };

    private static string ArityOf(MethodInfo method) => method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "";

    private static string ParametersOf(MethodBase method) => method.GetParameters() is { Length: > 0 } parameters
        ? $"({string.Join(',', parameters.Select(parameter => ParameterOf(parameter.ParameterType)))})"
        : "";

    private static string ParameterOf(Type type) => type switch
    {
        { IsByRef: true } => $"{ParameterOf(type.GetElementType()!)}@",
        { IsArray: true } => $"{ParameterOf(type.GetElementType()!)}[]",
        { IsGenericMethodParameter: true } => $"``{type.GenericParameterPosition}",
        { IsGenericTypeParameter: true } => $"`{type.GenericParameterPosition}",
        { IsGenericType: true } =>
            $"{NameOf(type.GetGenericTypeDefinition()).Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(ParameterOf))}}}",
        _ => NameOf(type),
    };

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');
}
