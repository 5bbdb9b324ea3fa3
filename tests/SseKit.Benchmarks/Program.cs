using SseKit.Benchmarks;
using SseKit.Benchmarks.FanOut;
using SseKit.Benchmarks.Idle;
using SseKit.Benchmarks.Load;
using SseKit.Benchmarks.Middleware;
using SseKit.Benchmarks.Postgres;
using SseKit.Benchmarks.Redis;
using SseKit.Benchmarks.Replay;
using SseKit.Benchmarks.Sqlite;
using SseKit.Benchmarks.Stores;
using SseKit.Benchmarks.Streams;

const string Usage = """
    usage: dotnet run -c Release --project tests/SseKit.Benchmarks -- <what>

      stream    one client on Kestrel
                [--events 1000000] [--rounds 7] [--length 64] [--only items|json|each|run]
      requests  ordinary responses behind UseSse
                [--requests 200000] [--rounds 9]
      fanout    one topic, many clients
                [--clients 100,1000,5000] [--burst 100,1000] [--rounds 5] [--length 64] [--only text|json] [--paced-clients 500]
                [--seconds 10]
      replay    clients that have missed many events
                [--events 1000000] [--clients 1000] [--events-each 1000] [--rounds 5]
      idle      connections that wait
                [--connections 2000] [--rounds 3] [--seconds 10]
      sqlite    the SQLite store
                [--rounds 5] [--milliseconds 1000] [--events 1000000] [--directory <new one>] [--only publish|replay|beside]
      postgres  the PostgreSQL store; creates and drops the schema ssekit_benchmark
                --connection "Host=…" [--rounds 3] [--seconds 1] [--only rates|delivery|followers|stored] [--stored 1000000]
                [--followers 1000]
      redis     the Redis store; writes and deletes keys that begin with ssekit-benchmark
                --connection localhost:6379 [--rounds 3] [--seconds 1] [--only rates|delivery|followers|storm] [--followers 1000]
                [--clients 5000]
      stores    publishing with all stores, beside bare XADDs
                --postgres "Host=…" --redis localhost:6379 [--rounds 3] [--seconds 1]
    """;

var arguments = new Arguments(args);
switch (arguments.Command)
{
    case "stream":
        await StreamBenchmark.RunAsync(
            arguments.Number("events", 1_000_000), arguments.Number("rounds", 7), arguments.Number("length", 64), arguments.Text("only"));
        return 0;

    case "requests":
        await MiddlewareBenchmark.RunAsync(arguments.Number("requests", 200_000), arguments.Number("rounds", 9));
        return 0;

    case "fanout":
        await FanOutBenchmark.RunAsync(new FanOutSettings(
            arguments.Text("only") is { } only ? [only] : [FanOutEndpoints.Texts, FanOutEndpoints.Values],
            arguments.Numbers("clients", 100, 1000, 5000),
            arguments.Numbers("burst", 100, 1000),
            arguments.Number("rounds", 5),
            arguments.Number("length", 64),
            arguments.Number("paced-clients", 500),
            arguments.Number("seconds", 10)));
        return 0;

    case "replay":
        await ReplayBenchmark.RunAsync(
            arguments.Number("events", 1_000_000),
            arguments.Number("clients", 1000),
            arguments.Number("events-each", 1000),
            arguments.Number("rounds", 5));
        return 0;

    case "idle":
        await IdleBenchmark.RunAsync(arguments.Number("connections", 2000), arguments.Number("rounds", 3), arguments.Number("seconds", 10));
        return 0;

    case "sqlite":
        await SqliteBenchmark.RunAsync(
            arguments.Text("directory"),
            arguments.Number("rounds", 5),
            arguments.Number("milliseconds", 1000),
            arguments.Number("events", 1_000_000),
            arguments.Text("only"));
        return 0;

    case "postgres" when arguments.Text("connection") is { } connection:
        await PostgresBenchmark.RunAsync(
            connection,
            arguments.Number("rounds", 3),
            arguments.Number("seconds", 1),
            arguments.Number("stored", 1_000_000),
            arguments.Number("followers", 1000),
            arguments.Text("only"));
        return 0;

    case "redis" when arguments.Text("connection") is { } connection:
        await RedisBenchmark.RunAsync(
            connection,
            arguments.Number("rounds", 3),
            arguments.Number("seconds", 1),
            arguments.Number("followers", 1000),
            arguments.Number("clients", 5000),
            arguments.Text("only"));
        return 0;

    case "stores" when arguments.Text("postgres") is { } postgres && arguments.Text("redis") is { } redis:
        await StoresBenchmark.RunAsync(postgres, redis, arguments.Number("rounds", 3), arguments.Number("seconds", 1));
        return 0;

    // The clients and servers of the benchmarks above, in separate processes. The benchmarks start them.
    case ClientProcess.Command:
        ClientProcess.Run(Console.In, Console.Out);
        return 0;

    case IdleServer.Command:
        await IdleServer.RunAsync(args[1], int.Parse(args[2]), int.Parse(args[3]));
        return 0;

    default:
        Console.Error.WriteLine(Usage);
        return 2;
}
