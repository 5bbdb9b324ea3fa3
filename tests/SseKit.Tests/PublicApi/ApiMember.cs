using System.Reflection;
using System.Runtime.CompilerServices;

namespace SseKit.Tests.PublicApi;

/// <summary>Spells the members of a type, one line each.</summary>
internal static class ApiMember
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IEnumerable<string> AllOf(Type type)
    {
        IEnumerable<string>[] kinds =
        [
            InOrder(type.GetFields(Declared).Where(IsShown), Field),
            InOrder(type.GetConstructors(Declared).Where(IsShown), Constructor),
            InOrder(type.GetProperties(Declared).Where(IsShown), Property),
            InOrder(type.GetEvents(Declared).Where(raised => IsShown(raised.AddMethod!)), Event),
            InOrder(type.GetMethods(Declared).Where(IsMethod), Method),
        ];
        return kinds.SelectMany(kind => kind);
    }

    public static IEnumerable<string> ValuesOf(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .OrderBy(field => Convert.ToInt64(field.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture))
        .Select(field => $"{field.Name} = {field.GetRawConstantValue()},");

    public static string Parameters(MethodBase method)
    {
        bool extends = method.IsDefined(typeof(ExtensionAttribute), inherit: false);
        return string.Join(", ", method.GetParameters().Select(parameter => (extends && parameter.Position == 0 ? "this " : "") + Parameter(parameter)));
    }

    private static IEnumerable<string> InOrder<T>(IEnumerable<T> members, Func<T, string> spell)
        where T : MemberInfo =>
        members.Select(member => (member.Name, Text: spell(member)))
            .OrderBy(member => member.Name, StringComparer.Ordinal)
            .ThenBy(member => member.Text, StringComparer.Ordinal)
            .Select(member => member.Text);

    private static bool IsMethod(MethodInfo method) =>
        IsShown(method)
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
        && !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static bool IsShown(PropertyInfo property) => property.GetAccessors(nonPublic: true).Any(IsShown);

    private static bool IsShown(MethodBase method) =>
        method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed);

    private static bool IsShown(FieldInfo field) =>
        field.IsPublic || ((field.IsFamily || field.IsFamilyOrAssembly) && !field.DeclaringType!.IsSealed);

    private static string Field(FieldInfo field)
    {
        string kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
        string value = field.IsLiteral ? $" = {ApiValue.Of(field.GetRawConstantValue(), field.FieldType)}" : "";
        return $"{Attributes(field)}{(field.IsPublic ? "public" : "protected")} {kind}{ApiTypeName.Of(field.FieldType)} {field.Name}{value};";
    }

    private static string Constructor(ConstructorInfo constructor) =>
        $"{Attributes(constructor)}{Access(constructor)}{ApiTypeName.Of(constructor.DeclaringType!).Split('<')[0]}({Parameters(constructor)});";

    private static string Property(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(IsShown)];
        string required = property.IsDefined(typeof(RequiredMemberAttribute), inherit: false) ? "required " : "";
        string index = string.Join(", ", property.GetIndexParameters().Select(Parameter));
        string name = index.Length == 0 ? property.Name : $"this[{index}]";
        string access = Access(accessors.FirstOrDefault(accessor => accessor.IsPublic) ?? accessors[0]);
        string body = string.Concat(accessors.OrderBy(accessor => accessor.Name, StringComparer.Ordinal).Select(Accessor));
        return $"{Attributes(property)}{access}{required}{ApiTypeName.Of(property.PropertyType)} {name} {{ {body}}}";

        string Accessor(MethodInfo accessor)
        {
            bool narrower = !accessor.IsPublic && accessors.Any(other => other.IsPublic);
            bool isInit = accessor.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
            string verb = accessor == property.GetMethod ? "get" : isInit ? "init" : "set";
            return $"{(narrower ? "protected " : "")}{verb}; ";
        }
    }

    private static string Event(EventInfo raised) =>
        $"{Attributes(raised)}{Access(raised.AddMethod!)}event {ApiTypeName.Of(raised.EventHandlerType!)} {raised.Name};";

    private static string Method(MethodInfo method)
    {
        Type[] parameters = method.GetGenericArguments();
        string generics = parameters.Length == 0 ? "" : $"<{string.Join(", ", parameters.Select(TypeParameter))}>";
        string returned = (method.ReturnType.IsByRef ? "ref " : "") + ApiTypeName.Of(method.ReturnType);
        string signature = $"{returned} {method.Name}{generics}({Parameters(method)}){ApiTypeName.Constraints(parameters)};";
        return Attributes(method) + Access(method) + signature;
    }

    private static string TypeParameter(Type parameter) => Attributes(parameter) + parameter.Name;

    private static string Parameter(ParameterInfo parameter)
    {
        string attributes = string.Concat(ApiAttributes.Of(parameter).Select(attribute => attribute + " "));
        string direction = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? (parameter.IsIn ? "in " : "ref ") : "";
        string many = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute)) ? "params " : "";
        string value = parameter.HasDefaultValue ? $" = {ApiValue.Of(parameter.RawDefaultValue, parameter.ParameterType)}" : "";
        return $"{attributes}{many}{direction}{ApiTypeName.Of(parameter.ParameterType)} {parameter.Name}{value}";
    }

    // An interface's own members are public and abstract without saying so.
    private static string Access(MethodBase method)
    {
        bool inInterface = method.DeclaringType!.IsInterface;
        string access = inInterface ? "" : method.IsPublic ? "public " : "protected ";
        string owner = method.IsStatic ? "static " : "";
        string inheritance = method switch
        {
            _ when method.IsAbstract => inInterface && !method.IsStatic ? "" : "abstract ",
            MethodInfo overriding when overriding.GetBaseDefinition() != overriding => method.IsFinal ? "sealed override " : "override ",
            _ when method.IsVirtual && !method.IsFinal => "virtual ",
            _ => "",
        };
        return access + owner + inheritance;
    }

    private static string Attributes(MemberInfo member) => string.Concat(ApiAttributes.Of(member).Select(attribute => attribute + " "));
}
