using BenchmarkDotNet.Running;
using SseKit.Benchmarks.Micro;

const string Usage = """
    usage: dotnet run -c Release --project tests/SseKit.Benchmarks.Micro -- <what>

      quick                        one event written, in about half a minute
      --filter '*' [--job short]   all benchmarks by BenchmarkDotNet, with its own options
    """;

switch (args)
{
    case ["quick"]:
        await QuickEventBenchmark.RunAsync();
        return 0;

    case []:
        Console.Error.WriteLine(Usage);
        return 2;

    default:
        // The project that BenchmarkDotNet generates for another process would inherit the warnings and package versions of this repository.
        BenchmarkSwitcher.FromTypes([typeof(FormatBenchmarks), typeof(EventBenchmarks), typeof(PublishBenchmarks)])
            .Run([.. args, "--inProcess"]);
        return 0;
}
