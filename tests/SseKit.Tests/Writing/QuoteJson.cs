using System.Text.Json;
using System.Text.Json.Serialization;

namespace SseKit.Tests.Writing;

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Quote))]
[JsonSerializable(typeof(string))]
internal sealed partial class QuoteJson : JsonSerializerContext;
