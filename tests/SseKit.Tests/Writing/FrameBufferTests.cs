using SseKit.Writing;

namespace SseKit.Tests.Writing;

public sealed class FrameBufferTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_buffer_contains_all_bytes_that_were_not_truncated(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 200; round++)
        {
            var pipe = new MemoryPipeWriter();
            var expected = new List<byte>();
            var buffer = FrameBuffer.Rent();
            for (int frame = random.Next(8); frame >= 0; frame--)
            {
                FrameBuffer.Mark start = buffer.Position;
                byte[] bytes = WriteFrame(buffer, random);
                if (random.Next(3) == 0)
                {
                    buffer.Truncate(start);
                }
                else
                {
                    expected.AddRange(bytes);
                }
            }

            Assert.Equal(expected.ToArray(), buffer.ToArray());
            while (!buffer.IsEmpty)
            {
                int before = pipe.Bytes.Length;
                int most = random.Next(1, 50_000);
                buffer.MoveTo(pipe, most);
                Assert.Equal(Math.Min(most, expected.Count - before), pipe.Bytes.Length - before);
            }

            Assert.Equal(expected.ToArray(), pipe.Bytes);
            FrameBuffer.Return(buffer);
        }
    }

    private static byte[] WriteFrame(FrameBuffer buffer, Random random)
    {
        var written = new List<byte>();
        for (int part = random.Next(6); part >= 0; part--)
        {
            byte[] bytes = new byte[random.Next(random.Next(2) == 0 ? 100 : 40_000)];
            random.NextBytes(bytes);
            written.AddRange(bytes);
            if (random.Next(2) == 0)
            {
                buffer.WriteShared(bytes);
            }
            else
            {
                WriteInSpans(buffer, bytes, random);
            }
        }

        return [.. written];
    }

    private static void WriteInSpans(FrameBuffer buffer, ReadOnlySpan<byte> bytes, Random random)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> span = buffer.GetSpan(random.Next(3) == 0 ? random.Next(30_000) : 0);
            int count = Math.Min(Math.Min(span.Length, bytes.Length), random.Next(1, 20_000));
            bytes[..count].CopyTo(span);
            buffer.Advance(count);
            bytes = bytes[count..];
        }
    }
}
