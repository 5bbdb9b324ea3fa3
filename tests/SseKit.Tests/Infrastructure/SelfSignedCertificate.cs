using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SseKit.Tests.Infrastructure;

/// <summary>A certificate of localhost for servers of tests, and clients that trust it.</summary>
public static class SelfSignedCertificate
{
    public static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset today = TimeProvider.System.GetUtcNow();
        X509Certificate2 certificate = request.CreateSelfSigned(today.AddDays(-1), today.AddDays(1));
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // TLS on Windows takes no key that is in the memory of this process only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null);
        }
    }

    public static SslClientAuthenticationOptions TrustOnly(X509Certificate2 certificate) => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, sent, _, _) => sent?.GetCertHashString() == certificate.GetCertHashString(),
    };
}
