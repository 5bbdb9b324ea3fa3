using FsCheck;
using FsCheck.Fluent;

namespace SseKit.Tests.Infrastructure;

/// <summary>Checks a property with some hundred values. A failure shows the smallest value found, and the seed to replay it.</summary>
internal static class Always
{
    private static readonly Config Thoroughly = Config.QuickThrowOnFailure.WithMaxTest(500);

    public static void Holds<T>(Gen<T> values, Func<T, Task> holds) =>
        Check.One(Thoroughly, Prop.ForAll(values.ToArbitrary(), value => holds(value).GetAwaiter().GetResult()));

    public static void HoldsForSequences<T>(Gen<T> elements, Func<T[], Task> holds) =>
        Check.One(Thoroughly, Prop.ForAll(Arb.From(elements.ArrayOf(), Shorter), value => holds(value).GetAwaiter().GetResult()));

    // Halves first, which shortens a long sequence quickly, then without each element in turn.
    private static IEnumerable<T[]> Shorter<T>(T[] sequence)
    {
        if (sequence.Length > 2)
        {
            yield return sequence[..(sequence.Length / 2)];
            yield return sequence[(sequence.Length / 2)..];
        }

        for (int left = 0; left < sequence.Length; left++)
        {
            yield return [.. sequence[..left], .. sequence[(left + 1)..]];
        }
    }
}
