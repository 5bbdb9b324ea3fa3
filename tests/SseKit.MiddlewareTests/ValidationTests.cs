using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Validation;
using SseKit.MiddlewareTests.Infrastructure;

namespace SseKit.MiddlewareTests;

/// <summary>
/// AddValidation of minimal APIs. Its source generator finds the types of MapPost and similar methods by the methods' names, but not those
/// of MapSse. There the type needs an attribute.
/// </summary>
public sealed class ValidationTests : FullAppTest
{
    [Theory]
    [InlineData("long", HttpStatusCode.BadRequest)]
    [InlineData("one", HttpStatusCode.OK)]
    public async Task A_validatable_body_of_MapSse_is_validated(string text, HttpStatusCode expected)
    {
        KestrelApp app = await StartAsync(
            app => app.MapSse("/chat", ["POST"], async (Prompt prompt, SseEventWriter events, CancellationToken ct) =>
                await events.WriteAsync(prompt.Text, ct)),
            builder => builder.Services.AddValidation());

        using HttpResponseMessage response = await app.CreateClient().PostAsJsonAsync("/chat", new Prompt { Text = text });

        Assert.Equal(expected, response.StatusCode);
    }

#pragma warning disable ASP0029 // The attribute is marked as experimental in .NET 10.
    [ValidatableType]
    public sealed class Prompt
    {
        [MaxLength(3)]
        public string Text { get; init; } = "";
    }
#pragma warning restore ASP0029
}
