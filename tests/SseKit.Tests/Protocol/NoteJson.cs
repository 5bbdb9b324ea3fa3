using System.Text.Json;
using System.Text.Json.Serialization;

namespace SseKit.Tests.Protocol;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(SseJsonMetadataTests.Note))]
internal sealed partial class NoteJson : JsonSerializerContext;
