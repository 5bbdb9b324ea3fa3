using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace SseKit.Tests.PublicApi;

/// <summary>The public surface of an assembly as text that a reviewer reads and a diff compares.</summary>
internal static class ApiText
{
    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().Where(IsWritten).OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(text.Length == 0 ? "" : "\n");
            foreach (string line in Lines(type))
            {
                text.Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    private static bool IsWritten(Type type) => !type.FullName!.Contains('<', StringComparison.Ordinal);

    private static IEnumerable<string> Lines(Type type)
    {
        yield return $"namespace {type.Namespace}";
        foreach (string attribute in ApiAttributes.Of(type))
        {
            yield return attribute;
        }

        if (typeof(Delegate).IsAssignableFrom(type))
        {
            MethodInfo invoke = type.GetMethod("Invoke")!;
            yield return $"public delegate {ApiTypeName.Of(invoke.ReturnType)} {ApiTypeName.Of(type)}({ApiMember.Parameters(invoke)});";
            yield break;
        }

        yield return Header(type);
        yield return "{";
        foreach (string member in type.IsEnum ? ApiMember.ValuesOf(type) : ApiMember.AllOf(type))
        {
            yield return "    " + member;
        }

        yield return "}";
    }

    private static string Header(Type type)
    {
        IEnumerable<string> bases = (type.IsEnum ? [Enum.GetUnderlyingType(type)] : Bases(type)).Select(ApiTypeName.Of);
        string derivation = string.Join(", ", bases);
        return $"public {Kind(type)} {ApiTypeName.Of(type)}{(derivation.Length == 0 ? "" : $" : {derivation}")}"
            + ApiTypeName.Constraints(type.GetGenericArguments());
    }

    private static string Kind(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => (type.IsDefined(typeof(IsReadOnlyAttribute)) ? "readonly " : "") + (type.IsByRefLike ? "ref " : "") + "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static IEnumerable<Type> Bases(Type type)
    {
        bool hasBase = type.BaseType is { } baseType && baseType != typeof(object) && baseType != typeof(ValueType);
        IEnumerable<Type> interfaces = type.GetInterfaces().Where(implemented => implemented.IsVisible);
        return (hasBase ? new[] { type.BaseType! } : []).Concat(interfaces.OrderBy(ApiTypeName.Of, StringComparer.Ordinal));
    }
}
