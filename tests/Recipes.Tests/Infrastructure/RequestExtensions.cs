using System.Net.Http.Json;

namespace Recipes.Tests.Infrastructure;

/// <summary>Requests with headers of their own, for clients that have no cookies.</summary>
internal static class RequestExtensions
{
    public static async Task<HttpResponseMessage> PostAsync(
        this HttpClient http, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = http.DefaultRequestVersion,
            Content = JsonContent.Create(body),
        };
        foreach ((string name, string value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return await http.SendAsync(request).OrTimeout();
    }
}
