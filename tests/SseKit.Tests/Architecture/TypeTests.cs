using System.Reflection;
using System.Runtime.CompilerServices;

namespace SseKit.Tests.Architecture;

public sealed class TypeTests
{
    private static readonly Assembly Library = typeof(SseEventWriter).Assembly;

    // Extension methods show up where the framework's own do, without a using of ours.
    private static readonly string[] FrameworkNamespaces =
        ["Microsoft.AspNetCore.Builder", "Microsoft.AspNetCore.Http", "Microsoft.Extensions.DependencyInjection"];

    private static IEnumerable<Type> OwnTypes => Library.GetTypes()
        .Where(type => type.Namespace?.StartsWith("SseKit", StringComparison.Ordinal) == true
            && !type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false));

    [Fact]
    public void Every_internal_class_is_sealed_unless_something_derives_from_it()
    {
        Type[] bases = [.. OwnTypes.Select(type => type.BaseType).OfType<Type>().Select(Definition)];

        IEnumerable<Type> open = OwnTypes.Where(type => type is { IsClass: true, IsVisible: false, IsSealed: false, IsAbstract: false });

        Assert.Empty(open.Except(bases));
    }

    [Fact]
    public void Public_types_are_in_the_one_namespace_but_for_extension_methods()
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
