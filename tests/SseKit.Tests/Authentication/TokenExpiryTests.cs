using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>A stream ends at the <c>exp</c> of its client's bearer token.</summary>
public sealed class TokenExpiryTests : SignInTest
{
    private static readonly SymmetricSecurityKey Key = new(new byte[32]);

    [Fact]
    public async Task A_stream_ends_when_its_token_expires()
    {
        await StartBearerAppAsync();
        using StreamingResponse response = await OpenWithTokenAsync(TimeSpan.FromMinutes(5));

        Time.Advance(TimeSpan.FromMinutes(4));
        int before = Unended;
        Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Fact]
    public async Task A_token_accepted_after_its_expiry_opens_no_endless_reconnecting()
    {
        await StartBearerAppAsync();
        using StreamingResponse response = await OpenWithTokenAsync(TimeSpan.FromMinutes(-1));

        Time.Advance(TimeSpan.FromSeconds(59));
        int before = Unended;
        Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    // The handler validates by the real clock, on which all of these tokens are valid.
    private Task StartBearerAppAsync() => StartAppAsync(
        app => app.MapSse("/", WaitAsync).RequireAuthorization(),
        services: services => services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer(bearer =>
            bearer.TokenValidationParameters = new TokenValidationParameters
            {
                IssuerSigningKey = Key,
                ValidateIssuer = false,
                ValidateAudience = false,
            }));

    private async Task<StreamingResponse> OpenWithTokenAsync(TimeSpan lifetime)
    {
        string token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Subject = new ClaimsIdentity([new Claim("sub", "alice")]),
            Expires = (Time.GetUtcNow() + lifetime).UtcDateTime,
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.HmacSha256),
        });
        StreamingResponse response = await Client.OpenAsync("/", ("Authorization", "Bearer " + token));
        await TestTimeout.UntilAsync(() => Connections.GetConnections().Count == 1);
        return response;
    }
}
