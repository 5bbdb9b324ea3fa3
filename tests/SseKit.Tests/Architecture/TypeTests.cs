using System.Reflection;
using System.Runtime.CompilerServices;

namespace SseKit.Tests.Architecture;

public sealed class TypeTests
{
    private static readonly Assembly Library = typeof(SseEventWriter).Assembly;

    // Extension methods are in the framework's namespaces, so that they need no further using.
    private static readonly string[] FrameworkNamespaces =
        ["Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Http", "Microsoft.Extensions.DependencyInjection"];

    private static IEnumerable<Type> OwnTypes => Library.GetTypes()
        .Where(type => type.Namespace?.StartsWith("SseKit", StringComparison.Ordinal) == true
            && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false));

    [Fact]
    public void Every_internal_class_without_derived_classes_is_sealed()
    {
        Type[] bases = [.. OwnTypes.Select(type => type.BaseType).OfType<Type>().Select(Definition)];

        IEnumerable<Type> open = OwnTypes.Where(type => type is { IsClass: true, IsVisible: false, IsSealed: false, IsAbstract: false });

        Assert.Empty(open.Except(bases));
    }

    [Fact]
    public void Public_types_except_extensions_are_in_one_namespace()
    {
        IEnumerable<Type> misplaced = Library.GetExportedTypes().Where(
            type => type.Namespace != "SseKit" && !IsExtensionOfTheFramework(type));

        Assert.Empty(misplaced);
    }

    private static bool IsExtensionOfTheFramework(Type type) =>
        FrameworkNamespaces.Contains(type.Namespace)
        && type is { IsAbstract: true, IsSealed: true }
        && type.IsDefined(typeof(ExtensionAttribute), inherit: false);

    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;
}
