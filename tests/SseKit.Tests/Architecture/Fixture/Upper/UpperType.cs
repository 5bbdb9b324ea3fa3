namespace SseKit.Tests.Architecture.Fixture.Upper;

internal class UpperType : Exception
{
    public static int Count { get; set; }

    public static async Task ReferencesDownwardsAsync(Lower.Split split)
    {
        await Task.Yield();
        split.LowerPart();
    }
}
