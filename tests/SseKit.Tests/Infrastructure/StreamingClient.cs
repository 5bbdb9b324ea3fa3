namespace SseKit.Tests.Infrastructure;

/// <summary>Opens streams.</summary>
public static class StreamingClient
{
    public static Task<StreamingResponse> OpenAsync(this HttpClient client, string path, params (string Name, string Value)[] headers) =>
        client.OpenAsync(HttpMethod.Get, path, headers);

    public static Task<StreamingResponse> OpenAsync(
        this HttpClient client, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path)
        {
            Version = client.DefaultRequestVersion,
            VersionPolicy = client.DefaultVersionPolicy,
        };
        foreach ((string name, string value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return StreamingResponse.SendAsync(client, request);
    }
}
