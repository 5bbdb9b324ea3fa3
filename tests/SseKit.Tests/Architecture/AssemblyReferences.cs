using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace SseKit.Tests.Architecture;

/// <summary>Reads from an assembly and its symbols which code references which.</summary>
internal sealed partial class AssemblyReferences
{
    private readonly PEReader _image;
    private readonly MetadataReader _metadata;
    private readonly SourceFolders _folders;
    private readonly List<CodeReference> _references = [];

    private AssemblyReferences(PEReader image, MetadataReader symbols, string root)
    {
        _image = image;
        _metadata = image.GetMetadataReader();
        _folders = new SourceFolders(_metadata, symbols, root);
    }

    /// <param name="assembly">An assembly with its symbols in the same folder.</param>
    /// <param name="root">The path, ending with a slash, below which the first part of a file's path is its folder.</param>
    public static IReadOnlyList<CodeReference> Read(Assembly assembly, string root)
    {
        using var image = new PEReader(File.OpenRead(assembly.Location));
        bool found = image.TryOpenAssociatedPortablePdb(assembly.Location, File.OpenRead, out MetadataReaderProvider? provider, out _);
        Assert.True(found, $"{assembly.Location} has no portable symbols beside it.");
        using (provider)
        {
            var reading = new AssemblyReferences(image, provider!.GetMetadataReader(), root);
            reading.ReadTypes();
            return reading._references;
        }
    }

    [GeneratedRegex("<(?<name>[A-Za-z]\\w*)>")]
    private static partial Regex SourceNameInGeneratedName { get; }

    private void ReadTypes()
    {
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            TypeDefinition type = _metadata.GetTypeDefinition(handle);
            var place = new CodePlace(NameOf(handle), _folders.Of(handle));
            AddType(place, type.BaseType);
            foreach (InterfaceImplementationHandle implemented in type.GetInterfaceImplementations())
            {
                AddType(place, _metadata.GetInterfaceImplementation(implemented).Interface);
            }

            AddConstraints(place, type.GetGenericParameters());
            foreach (FieldDefinitionHandle field in type.GetFields())
            {
                AddSignature(place, types => _metadata.GetFieldDefinition(field).DecodeSignature(types, null));
            }

            foreach (MethodDefinitionHandle method in type.GetMethods())
            {
                ReadMethod(method);
            }
        }
    }

    private void ReadMethod(MethodDefinitionHandle handle)
    {
        MethodDefinition method = _metadata.GetMethodDefinition(handle);
        CodePlace place = PlaceOf(handle);
        AddSignature(place, types => method.DecodeSignature(types, null));
        AddConstraints(place, method.GetGenericParameters());
        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        MethodBodyBlock body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            AddNamed(place, body.LocalSignature);
        }

        foreach (EntityHandle caught in body.ExceptionRegions.Select(region => region.CatchType).Where(type => !type.IsNil))
        {
            AddType(place, caught);
        }

        foreach (EntityHandle named in IlTokens.Of(body.GetILReader()))
        {
            AddNamed(place, named);
        }
    }

    private void AddConstraints(CodePlace from, GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle constraint in _metadata.GetGenericParameter(parameter).GetConstraints())
            {
                AddType(from, _metadata.GetGenericParameterConstraint(constraint).Type);
            }
        }
    }

    private void AddNamed(CodePlace from, EntityHandle named)
    {
        switch (named.Kind)
        {
            case HandleKind.MethodDefinition:
                _references.Add(new CodeReference(from, PlaceOf((MethodDefinitionHandle)named)));
                break;
            case HandleKind.FieldDefinition:
                AddType(from, _metadata.GetFieldDefinition((FieldDefinitionHandle)named).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                AddMember(from, _metadata.GetMemberReference((MemberReferenceHandle)named));
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic = _metadata.GetMethodSpecification((MethodSpecificationHandle)named);
                AddNamed(from, generic.Method);
                AddSignature(from, types => generic.DecodeSignature(types, null));
                break;
            case HandleKind.StandaloneSignature:
                AddStandalone(from, _metadata.GetStandaloneSignature((StandaloneSignatureHandle)named));
                break;
            default:
                AddType(from, named);
                break;
        }
    }

    private void AddMember(CodePlace from, MemberReference member)
    {
        AddType(from, member.Parent);
        if (member.GetKind() == MemberReferenceKind.Field)
        {
            AddSignature(from, types => member.DecodeFieldSignature(types, null));
        }
        else
        {
            AddSignature(from, types => member.DecodeMethodSignature(types, null));
        }
    }

    private void AddStandalone(CodePlace from, StandaloneSignature signature)
    {
        if (signature.GetKind() == StandaloneSignatureKind.Method)
        {
            AddSignature(from, types => signature.DecodeMethodSignature(types, null));
        }
        else
        {
            AddSignature(from, types => signature.DecodeLocalSignature(types, null));
        }
    }

    private void AddSignature(CodePlace from, Action<SignatureTypes> decode)
    {
        var types = new SignatureTypes();
        decode(types);
        foreach (EntityHandle type in types.Types)
        {
            AddType(from, type);
        }
    }

    private void AddType(CodePlace from, EntityHandle type)
    {
        switch (type.Kind)
        {
            case HandleKind.TypeDefinition when !type.IsNil:
                var definition = (TypeDefinitionHandle)type;
                _references.Add(new CodeReference(from, new CodePlace(NameOf(definition), _folders.Of(definition))));
                break;
            case HandleKind.TypeReference when !type.IsNil:
                _references.Add(new CodeReference(from, new CodePlace(FullNameOf((TypeReferenceHandle)type), [])));
                break;
            case HandleKind.TypeSpecification:
                AddSignature(from, types => _metadata.GetTypeSpecification((TypeSpecificationHandle)type).DecodeSignature(types, null));
                break;
        }
    }

    private CodePlace PlaceOf(MethodDefinitionHandle handle)
    {
        MethodDefinition method = _metadata.GetMethodDefinition(handle);
        string name = _metadata.GetString(method.Name);
        string generatedIn = _metadata.GetString(_metadata.GetTypeDefinition(method.GetDeclaringType()).Name);
        Match source = SourceNameInGeneratedName.Match(name + generatedIn);
        string type = NameOf(method.GetDeclaringType());
        return new CodePlace($"{type}.{(source.Success ? source.Groups["name"].Value : name)}", _folders.Of(handle));
    }

    // Types that the compiler generated have the name of the type around them.
    private string NameOf(TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        string name = _metadata.GetString(type.Name);
        TypeDefinitionHandle around = type.GetDeclaringType();
        if (around.IsNil)
        {
            return name;
        }

        return name.StartsWith('<') ? NameOf(around) : $"{NameOf(around)}.{name}";
    }

    private string FullNameOf(TypeReferenceHandle handle)
    {
        TypeReference type = _metadata.GetTypeReference(handle);
        string name = _metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{FullNameOf((TypeReferenceHandle)type.ResolutionScope)}.{name}"
            : $"{_metadata.GetString(type.Namespace)}.{name}";
    }
}
