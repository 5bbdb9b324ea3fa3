using System.Net.Http.Headers;

namespace SseKit.Tests.Infrastructure;

/// <summary>Opens streams.</summary>
public static class StreamingClient
{
    /// <summary>Lets a client send the headers of an EventSource, whose streams end cleanly when they are cut.</summary>
    public static HttpClient AsEventSource(this HttpClient client)
    {
        client.DefaultRequestHeaders.Accept.Clear();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/event-stream");
        client.DefaultRequestHeaders.CacheControl = new CacheControlHeaderValue { NoCache = true };
        return client;
    }

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
