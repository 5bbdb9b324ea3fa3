using System.Text.Json;
using System.Text.Json.Serialization;

namespace SseKit.Tests.Writing;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(JsonMetadataTests.Note))]
internal sealed partial class NoteJson : JsonSerializerContext;
