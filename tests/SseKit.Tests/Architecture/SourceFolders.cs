using System.Reflection.Metadata;

namespace SseKit.Tests.Architecture;

/// <summary>Reads from the debug symbols the source folder of each method and type of an assembly, below a root.</summary>
internal sealed class SourceFolders
{
    // Portable PDB format, Custom Debug Information: the documents of a type that has no method bodies.
    private static readonly Guid TypeDefinitionDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly MetadataReader _metadata;
    private readonly MetadataReader _symbols;
    private readonly string _root;
    private readonly Dictionary<MethodDefinitionHandle, string> _ofMethods = [];
    private readonly Dictionary<TypeDefinitionHandle, SortedSet<string>> _ofTypes = [];

    public SourceFolders(MetadataReader metadata, MetadataReader symbols, string root)
    {
        _metadata = metadata;
        _symbols = symbols;
        _root = root;
        foreach (MethodDefinitionHandle method in metadata.MethodDefinitions)
        {
            ReadMethod(method);
        }

        foreach (CustomDebugInformationHandle handle in symbols.CustomDebugInformation)
        {
            ReadTypeDocuments(symbols.GetCustomDebugInformation(handle));
        }
    }

    /// <summary>A method's folder; if the symbols have none (it has no body, or the compiler generated it), those of its type.</summary>
    public IReadOnlyList<string> Of(MethodDefinitionHandle method) => _ofMethods.TryGetValue(method, out string? folder)
        ? [folder]
        : Of(_metadata.GetMethodDefinition(method).GetDeclaringType());

    /// <summary>The folders of all parts of a type; for a generated type, those of the type around it.</summary>
    public IReadOnlyList<string> Of(TypeDefinitionHandle type)
    {
        if (_ofTypes.TryGetValue(type, out SortedSet<string>? folders))
        {
            return [.. folders];
        }

        TypeDefinitionHandle around = _metadata.GetTypeDefinition(type).GetDeclaringType();
        return around.IsNil ? [] : Of(around);
    }

    private void ReadMethod(MethodDefinitionHandle method)
    {
        MethodDebugInformation debug = _symbols.GetMethodDebugInformation(method);
        DocumentHandle document = debug.Document.IsNil
            ? debug.GetSequencePoints().Select(point => point.Document).FirstOrDefault()
            : debug.Document;
        if (FolderOf(document) is not { } folder)
        {
            return;
        }

        _ofMethods[method] = folder;
        AddToType(_metadata.GetMethodDefinition(method).GetDeclaringType(), folder);

        // The lines of an async method or an iterator belong to its state machine; the method itself only starts it.
        MethodDefinitionHandle kickoff = debug.GetStateMachineKickoffMethod();
        if (!kickoff.IsNil)
        {
            _ofMethods[kickoff] = folder;
            AddToType(_metadata.GetMethodDefinition(kickoff).GetDeclaringType(), folder);
        }
    }

    private void ReadTypeDocuments(CustomDebugInformation information)
    {
        if (_symbols.GetGuid(information.Kind) != TypeDefinitionDocuments)
        {
            return;
        }

        BlobReader documents = _symbols.GetBlobReader(information.Value);
        while (documents.RemainingBytes > 0)
        {
            DocumentHandle document = System.Reflection.Metadata.Ecma335.MetadataTokens.DocumentHandle(documents.ReadCompressedInteger());
            if (FolderOf(document) is { } folder)
            {
                AddToType((TypeDefinitionHandle)information.Parent, folder);
            }
        }
    }

    private void AddToType(TypeDefinitionHandle type, string folder)
    {
        if (!_ofTypes.TryGetValue(type, out SortedSet<string>? folders))
        {
            _ofTypes[type] = folders = [];
        }

        folders.Add(folder);
    }

    // Null for files outside the root, and for files of source generators in obj.
    private string? FolderOf(DocumentHandle document)
    {
        if (document.IsNil)
        {
            return null;
        }

        string path = _symbols.GetString(_symbols.GetDocument(document).Name).Replace('\\', '/');
        int start = path.LastIndexOf(_root, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        string file = path[(start + _root.Length)..];
        string folder = file.Contains('/', StringComparison.Ordinal) ? file[..file.LastIndexOf('/')] : "(root)";
        return folder == "obj" || folder.StartsWith("obj/", StringComparison.Ordinal) || path.EndsWith(".g.cs", StringComparison.Ordinal)
            ? null
            : folder;
    }
}
