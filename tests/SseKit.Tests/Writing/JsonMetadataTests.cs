using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SseKit.Tests.Writing;

public sealed class JsonMetadataTests
{
    private readonly MemoryPipeWriter _output = new();
    private readonly SseEventWriter _events;

    public JsonMetadataTests() => _events = new SseEventWriter(_output);

    [Fact]
    public async Task A_derived_type_is_written_with_all_its_properties()
    {
        var note = new Reply("hi", 7);

        await _events.WriteAsync<Note>(note);
        await _events.WriteAsync(new SseItem<Note>(note));
        await _events.WriteAllAsync([new SseItem<Note>(note)]);
        await _events.WriteAllAsync(new Note[] { note }.ToAsyncEnumerable());
        await _events.WriteAsync<object>(note);

        Assert.Equal(string.Concat(Enumerable.Repeat("data: {\"to\":7,\"text\":\"hi\"}\n\n", 5)), _output.Text);
    }

    [Fact]
    public async Task A_type_that_names_its_derived_types_writes_its_discriminator()
    {
        await _events.WriteAsync<Shape>(new Circle(2));

        Assert.Equal("data: {\"kind\":\"circle\",\"radius\":2}\n\n", _output.Text);
    }

    [Fact]
    public async Task A_converter_of_the_declared_type_is_used()
    {
        var options = new JsonSerializerOptions { Converters = { new NoteConverter() } };

        await new SseEventWriter(_output, options).WriteAsync<Note>(new Reply("hi", 7));

        Assert.Equal("data: \"note\"\n\n", _output.Text);
    }

    [Fact]
    public async Task Given_metadata_is_used_unchanged()
    {
        await _events.WriteAsync(new Reply("hi", 7), NoteJson.Default.Note);

        Assert.Equal("data: {\"text\":\"hi\"}\n\n", _output.Text);
    }

    [Fact]
    public async Task A_derived_type_without_metadata_is_written_as_declared()
    {
        await new SseEventWriter(_output, NoteJson.Default.Options).WriteAsync<Note>(new Reply("hi", 7));

        Assert.Equal("data: {\"text\":\"hi\"}\n\n", _output.Text);
    }

    internal record Note(string Text);

    internal sealed record Reply(string Text, int To) : Note(Text);

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
    [JsonDerivedType(typeof(Circle), "circle")]
    private abstract record Shape;

    private sealed record Circle(int Radius) : Shape;

    private sealed class NoteConverter : JsonConverter<Note>
    {
        public override Note Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Note value, JsonSerializerOptions options) => writer.WriteStringValue("note");
    }
}
