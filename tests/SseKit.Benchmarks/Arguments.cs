namespace SseKit.Benchmarks;

/// <summary>A command and its <c>--name value</c> options.</summary>
internal sealed class Arguments(string[] args)
{
    public string? Command => args.FirstOrDefault();

    public int Number(string name, int otherwise) => Text(name) is { } number ? int.Parse(number) : otherwise;

    public int[] Numbers(string name, params int[] otherwise) =>
        Text(name) is { } numbers ? [.. numbers.Split(',').Select(int.Parse)] : otherwise;

    public string? Text(string name)
    {
        int position = Array.IndexOf(args, "--" + name);
        return position < 0 ? null : args[position + 1];
    }
}
