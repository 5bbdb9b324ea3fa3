using System.Reflection;
using Xunit.Sdk;

namespace SseKit.ProxyTests.Infrastructure;

/// <summary>
/// Runs a theory through this proxy. Its case is skipped if the proxy, or a client that the test needs, is not installed.
/// </summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class ThroughAttribute : DataAttribute
{
    private readonly ProxyKind _proxy;

    public ThroughAttribute(ProxyKind proxy, string? client = null)
    {
        _proxy = proxy;
        Skip = InstalledProgram.ReasonToSkip(ReverseProxy.ProgramOf(proxy))
            ?? (client is null ? null : InstalledProgram.ReasonToSkip(client));
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[_proxy]];
}
