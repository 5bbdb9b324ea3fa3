using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

/// <summary>Streams of methods with a body.</summary>
public sealed class MethodTests : ServerTest
{
    [Theory]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("QUERY")]
    public async Task The_body_of_a_request_binds(string method)
    {
        KestrelApp app = await StartAsync(app => app.MapSse(
            "/", [method], async (Question question, SseEventWriter events) => await events.WriteAsync(question.Text)));

        Assert.Equal("data: hello\n\n", await SendAsync(app, method));
    }

    // A body of DELETE has no meaning in HTTP, so the framework does not infer it.
    [Fact]
    public async Task The_body_of_a_delete_binds_if_it_is_declared()
    {
        KestrelApp app = await StartAsync(app => app.MapSse(
            "/", ["DELETE"], async ([FromBody] Question question, SseEventWriter events) => await events.WriteAsync(question.Text)));

        Assert.Equal("data: hello\n\n", await SendAsync(app, "DELETE"));
    }

    private static async Task<string> SendAsync(KestrelApp app, string method)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), "/") { Content = JsonContent.Create(new Question("hello")) };
        using StreamingResponse response = await StreamingResponse.SendAsync(app.CreateClient(), request);
        return await response.ReadToEndAsync();
    }

    private sealed record Question(string Text);
}
