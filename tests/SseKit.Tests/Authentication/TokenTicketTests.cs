using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>An app whose only other scheme is that of bearer tokens, which it names nowhere as its default.</summary>
public sealed class TokenTicketTests : ServerTest
{
    private static readonly SymmetricSecurityKey Key = new(new byte[32]);

    [Fact]
    public async Task A_bearer_token_gets_a_ticket_for_a_resumable_endpoint()
    {
        KestrelApp app = await StartBearerAppAsync();
        using HttpResponseMessage issued = await PostForTicketAsync(app, CreateToken());
        string? ticket = (await issued.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("ticket").GetString();

        StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), $"/events?ticket={ticket}");
        StreamClient repeated = await StreamClient.ConnectAsync(app.CreateClient(), $"/events?ticket={ticket}");

        Assert.Equal(["alice"], await client.ReadToEndAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, repeated.Status);
    }

    [Fact]
    public async Task A_bearer_token_also_opens_the_stream_itself()
    {
        KestrelApp app = await StartBearerAppAsync();
        HttpClient http = app.CreateClient();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", CreateToken());

        StreamClient client = await StreamClient.OpenAsync(http, "/events");

        Assert.Equal(["alice"], await client.ReadToEndAsync());
    }

    [Fact]
    public async Task Without_a_token_the_challenge_is_that_of_the_bearer_scheme()
    {
        KestrelApp app = await StartBearerAppAsync();

        using HttpResponseMessage refused = await PostForTicketAsync(app, token: null);
        using HttpResponseMessage stream = await app.CreateClient().GetAsync(new Uri("/events", UriKind.Relative));

        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (refused.StatusCode, refused.Headers.WwwAuthenticate.Single().Scheme));
        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (stream.StatusCode, stream.Headers.WwwAuthenticate.Single().Scheme));
    }

    private Task<KestrelApp> StartBearerAppAsync() => StartAsync(
        app =>
        {
            app.MapSseTicket("/ticket");
            app.MapSse("/events", async (ClaimsPrincipal user, SseEventWriter events, CancellationToken ct) =>
                await events.WriteAsync(user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody", ct))
                .WithSseTicket().WithSseReplay("run");
        },
        builder =>
        {
            builder.Services.AddSse();
            builder.Services.AddAuthentication().AddJwtBearer(bearer => bearer.TokenValidationParameters = new TokenValidationParameters
            {
                IssuerSigningKey = Key,
                ValidateIssuer = false,
                ValidateAudience = false,
            }).AddSseTicket();
            builder.Services.AddAuthorization();
        });

    private static string CreateToken() => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Subject = new ClaimsIdentity([new Claim("sub", "alice")]),
        SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.HmacSha256),
    });

    private static async Task<HttpResponseMessage> PostForTicketAsync(KestrelApp app, string? token)
    {
        HttpClient http = app.CreateClient();
        http.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await http.PostAsJsonAsync("/ticket", new { }).OrTimeout();
    }
}
