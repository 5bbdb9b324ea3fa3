using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SseKit.Replay;

/// <summary>
/// Describes the connection of the request that began a run. Operations that need the connection itself fail with the reason.
/// </summary>
internal sealed class DetachedConnection(HttpContext original) : IHttpConnectionFeature, ITlsConnectionFeature, IHttpUpgradeFeature
{
    private const string Reason =
        "The handler of WithSseReplay runs apart from its clients' connections, which may end before it, so it cannot ";

    public string ConnectionId { get; set; } = original.Connection.Id;

    public System.Net.IPAddress? RemoteIpAddress { get; set; } = original.Connection.RemoteIpAddress;

    public System.Net.IPAddress? LocalIpAddress { get; set; } = original.Connection.LocalIpAddress;

    public int RemotePort { get; set; } = original.Connection.RemotePort;

    public int LocalPort { get; set; } = original.Connection.LocalPort;

    public X509Certificate2? ClientCertificate { get; set; } = original.Features.Get<ITlsConnectionFeature>()?.ClientCertificate;

    public bool IsUpgradableRequest => false;

    public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => ClientCertificate is null
        ? throw new InvalidOperationException(Reason + "ask for a client certificate. Ask for it in a filter or a middleware.")
        : Task.FromResult<X509Certificate2?>(ClientCertificate);

    public Task<Stream> UpgradeAsync() => throw new InvalidOperationException(Reason + "upgrade one.");
}
