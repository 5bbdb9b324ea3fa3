using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Writing;

internal static class PipeReading
{
    /// <summary>The bytes in the pipe.</summary>
    public static async Task<string> ReadTextAsync(this PipeReader reader)
    {
        ReadResult result = await reader.ReadAsync().OrTimeout();
        string text = Encoding.UTF8.GetString(result.Buffer.ToArray());
        reader.AdvanceTo(result.Buffer.End);
        return text;
    }

    /// <summary>Reads until the writer completes.</summary>
    public static async Task<string> ReadToEndAsync(this PipeReader reader)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            ReadResult result = await reader.ReadAsync().OrTimeout();
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                bytes.Write(segment.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return Encoding.UTF8.GetString(bytes.WrittenSpan);
            }
        }
    }
}
