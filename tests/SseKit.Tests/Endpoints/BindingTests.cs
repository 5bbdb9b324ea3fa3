using System.Net;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints;

public sealed class BindingTests : ServerTest
{
    [Fact]
    public async Task A_route_value_is_bound() =>
        await AssertAnswerAsync("/{word}", "/a%20b", async (string word, SseEventWriter events) => await events.WriteAsync(word), "a b");

    [Fact]
    public async Task Query_values_are_bound() => await AssertAnswerAsync(
        "/",
        "/?words=one&words=two",
        async (string[] words, SseEventWriter events) => await events.WriteAsync(string.Join(' ', words)),
        "one two");

    [Fact]
    public async Task A_default_replaces_a_missing_query_value() =>
        await AssertAnswerAsync("/", "/", async (SseEventWriter events, int count = 5) => await events.WriteAsync(count), "5");

    [Fact]
    public async Task A_header_is_bound() => await AssertAnswerAsync(
        "/",
        "/",
        async ([FromHeader(Name = "X-Word")] string word, SseEventWriter events) => await events.WriteAsync(word),
        "from the header");

    [Fact]
    public async Task A_service_is_bound() => await AssertAnswerAsync(
        "/", "/", async (Greeting greeting, SseEventWriter events) => await events.WriteAsync(greeting.Text), "from the service");

    [Fact]
    public async Task The_context_is_bound() => await AssertAnswerAsync(
        "/{**rest}",
        "/x/y",
        async (HttpContext context, SseEventWriter events) => await events.WriteAsync(context.Request.Path.Value!),
        "/x/y");

    [Fact]
    public async Task The_user_is_bound() => await AssertAnswerAsync(
        "/", "/", async (ClaimsPrincipal user, SseEventWriter events) => await events.WriteAsync(user.Identity!.Name!), "ada");

    [Fact]
    public async Task A_token_before_the_writer_is_the_streams_token() => await AssertAnswerAsync(
        "/",
        "/",
        async (CancellationToken ct, SseEventWriter events, HttpContext context) =>
            await events.WriteAsync(ct == context.RequestAborted, ct),
        "true");

    [Fact]
    public async Task A_token_after_the_writer_is_the_streams_token() => await AssertAnswerAsync(
        "/",
        "/",
        async (HttpContext context, SseEventWriter events, CancellationToken ct) =>
            await events.WriteAsync(ct == context.RequestAborted, ct),
        "true");

    [Fact]
    public async Task A_writer_among_bundled_parameters_is_bound() => await AssertAnswerAsync(
        "/{number}",
        "/7?word=seven",
        async ([AsParameters] Parameters parameters) =>
            await parameters.Events.WriteAsync($"{parameters.Number} {parameters.Word}", parameters.Token),
        "7 seven");

    [Fact]
    public async Task The_body_of_a_post_is_bound()
    {
        KestrelApp app = await StartAsync(app => app.MapSse(
            "/chat",
            ["POST"],
            async (Prompt prompt, SseEventWriter events, CancellationToken ct) => await events.WriteAsync(prompt.Text, ct)));
        var request = new HttpRequestMessage(HttpMethod.Post, "/chat") { Content = JsonContent.Create(new Prompt("Hello")) };

        using StreamingResponse response = await StreamingResponse.SendAsync(app.CreateClient(), request);

        Assert.Equal("data: Hello\n\n", await response.ReadToEndAsync());
    }

    [Theory]
    [InlineData("/numbers/many")]
    [InlineData("/yielded/many")]
    [InlineData("/mapget/many")]
    public async Task A_value_that_does_not_bind_is_a_400(string path)
    {
        bool ran = false;
        KestrelApp app = await StartAsync(app =>
        {
            app.MapSse("/numbers/{count}", async (int count, SseEventWriter events) =>
            {
                ran = true;
                await events.WriteAsync(count);
            });
            app.MapSse("/yielded/{count}", (int count) =>
            {
                ran = true;
                return AsyncEnumerable.Range(0, count);
            });
            app.MapGet("/mapget/{count}", async (int count, SseEventWriter events) =>
            {
                ran = true;
                await events.WriteAsync(count);
            });
        });

        using HttpResponseMessage response = await app.CreateClient().GetAsync(path);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.Null(response.Content.Headers.ContentType);
        Assert.False(ran);
    }

    [Fact]
    public async Task A_body_that_is_not_json_is_a_400()
    {
        KestrelApp app = await StartAsync(app => app.MapSse(
            "/chat", ["POST"], async (Prompt prompt, SseEventWriter events) => await events.WriteAsync(prompt.Text)));

        using HttpResponseMessage response =
            await app.CreateClient().PostAsync("/chat", new StringContent("{", null, "application/json"));

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Content.Headers.ContentType);
    }

    [Theory]
    [InlineData("/mapsse")]
    [InlineData("/mapget")]
    public async Task Values_are_written_with_the_json_options_of_the_app(string path)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.MapSse(
                    "/mapsse", async (SseEventWriter events, CancellationToken ct) => await events.WriteAsync(new Prompt("Hello"), ct));
                app.MapGet(
                    "/mapget", async (SseEventWriter events, CancellationToken ct) => await events.WriteAsync(new Prompt("Hello"), ct));
            },
            builder => builder.Services.ConfigureHttpJsonOptions(
                options => options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.KebabCaseUpper));

        using StreamingResponse response = await app.CreateClient().OpenAsync(path);

        Assert.Contains("data: {\"TEXT\":\"Hello\"}\n\n", await response.ReadToEndAsync());
    }

    private async Task AssertAnswerAsync(string pattern, string path, Delegate handler, string expected)
    {
        KestrelApp app = await StartAsync(
            app =>
            {
                app.Use((context, next) =>
                {
                    context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "ada")], "test"));
                    return next(context);
                });
                app.MapSse(pattern, handler);
            },
            builder => builder.Services.AddSingleton(new Greeting("from the service")));

        using StreamingResponse response = await app.CreateClient().OpenAsync(path, ("X-Word", "from the header"));

        Assert.Equal($"data: {expected}\n\n", (await response.ReadToEndAsync()).AfterPreamble());
    }

    private sealed record Greeting(string Text);

    private sealed record Prompt(string Text);

    private readonly record struct Parameters(int Number, string Word, SseEventWriter Events, CancellationToken Token);
}
