using System.Reflection;
using System.Xml.Linq;
using SseKit.StoreSpecification;

namespace SseKit.Tests.Architecture;

/// <summary>The documentation file of a package has the public members, and no other (PublicDocumentation.targets).</summary>
public sealed class PublicDocumentationTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static TheoryData<Assembly> Packages =>
    [
        typeof(SseOptions).Assembly, typeof(SseSqliteEventStoreOptions).Assembly, typeof(SsePostgreSqlEventStoreOptions).Assembly,
        typeof(SseRedisEventStoreOptions).Assembly, typeof(SseDashboardOptions).Assembly, typeof(EventStoreSpecification).Assembly,
    ];

    [Theory]
    [MemberData(nameof(Packages))]
    public void Each_documented_member_is_public(Assembly package)
    {
        Assert.DoesNotContain(Documented(package), id => !VisibleIn(package).Contains(id));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void Each_public_type_is_documented(Assembly package)
    {
        IEnumerable<string> types = package.GetExportedTypes().Select(DocumentationId.Of);

        Assert.NotEmpty(types);
        Assert.Subset(Documented(package), types.ToHashSet());
    }

    private static HashSet<string> Documented(Assembly package) =>
    [
        .. XDocument.Load(Path.ChangeExtension(package.Location, ".xml")).Descendants("member").Select(member => member.Attribute("name")!.Value),
    ];

    private static HashSet<string> VisibleIn(Assembly package) =>
    [
        .. package.GetExportedTypes().Concat(package.GetExportedTypes().SelectMany(type => type.GetMembers(Declared)).Where(IsVisible))
            .Select(DocumentationId.Of),
    ];

    private static bool IsVisible(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible),
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        EventInfo each => IsVisible(each.AddMethod!),
        _ => false,
    };
}
