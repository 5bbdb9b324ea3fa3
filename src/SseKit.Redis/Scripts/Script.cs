using System.Security.Cryptography;
using System.Text;

namespace SseKit.Redis;

/// <summary>A Lua script, with the hash by which Redis knows it.</summary>
internal sealed class Script
{
    // A script with this first line may write although Redis is out of memory. Redis 7 or later understands it.
    private const string FreesMemory = "#!lua flags=allow-oom\n";

    private Script(string text)
    {
        Text = text;
#pragma warning disable CA5350 // Redis names scripts by their SHA-1.
        Hash = SHA1.HashData(Encoding.UTF8.GetBytes(text));
#pragma warning restore CA5350
    }

    public static Script Append { get; } = new(Load("primary", "bucket", "topic", "append"));

    public static Script Read { get; } = new(Load("primary", "bucket", "topic", "read"));

    public static Script State { get; } = new(Load("primary", "bucket", "topic", "state"));

    public static Script Complete { get; } = new(Load("primary", "bucket", "topic", "complete"));

    public static Script Delete { get; } = Freeing("primary", "bucket", "topic", "delete");

    public static Script Trim { get; } = Freeing("primary", "bucket", "topic", "trim");

    public static Script Forget { get; } = Freeing("primary", "bucket", "topic", "forget");

    public static Script Due { get; } = new(Load("primary", "bucket", "due"));

    public static Script Poll { get; } = new(Load("primary", "bucket", "poll"));

    public static Script Server { get; } = new(Load("server"));

    public static Script AcquireLease { get; } = new(Load("primary", "lease_acquire"));

    public static Script RenewLease { get; } = new(Load("primary", "lease_renew"));

    public static Script ReleaseLease { get; } = new(Load("primary", "lease_release"));

    public static Script LeaseOwner { get; } = new(Load("primary", "lease_owner"));

    public string Text { get; }

    public byte[] Hash { get; }

    /// <summary>The same script for Redis 7 or later, if it frees memory; otherwise null.</summary>
    public Script? Freer { get; private init; }

    private static Script Freeing(params string[] parts)
    {
        string text = Load(parts);
        return new Script(text) { Freer = new Script(FreesMemory + text) };
    }

    private static string Load(params string[] parts) => string.Concat(parts.Select(ReadPart));

    private static string ReadPart(string part)
    {
        using Stream resource = typeof(Script).Assembly.GetManifestResourceStream(part + ".lua")!;
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}
