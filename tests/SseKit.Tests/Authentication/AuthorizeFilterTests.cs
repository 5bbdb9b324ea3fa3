using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Authorization;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Authentication;

/// <summary>A filter of MVC protects a stream, and not the metadata of its endpoint.</summary>
public sealed class AuthorizeFilterTests : SignInTest
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    private volatile bool _isAllowed = true;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_ends_when_its_cookie_expires(bool isNamed)
    {
        await StartAppAsync(isNamed);
        using StreamingResponse response = await OpenAsync("/behind-filter", await SignInAsync());

        Time.Advance(SignInLifetime);

        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_whose_policy_fails_ends(bool isNamed)
    {
        await StartAppAsync(isNamed, options => options.RevalidateInterval = Interval);
        using StreamingResponse response = await OpenAsync("/behind-filter", await SignInAsync());
        Time.Advance(Interval);
        int before = Unended;

        _isAllowed = false;
        await TestTimeout.UntilAsync(() =>
        {
            Time.Advance(Interval);
            return Unended == 0;
        });

        Assert.Equal(1, before);
        await response.ReadToEndAsync();
        Assert.Equal("unauthorized", await EndReasonAsync());
    }

    private Task StartAppAsync(bool isNamed, Action<SseOptions>? options = null)
    {
        AuthorizationPolicy policy = new AuthorizationPolicyBuilder()
            .RequireAuthenticatedUser()
            .RequireAssertion(_ => _isAllowed)
            .Build();
        return StartAppAsync(
            app => app.MapControllers(),
            options,
            services =>
            {
                services.AddAuthorizationBuilder().AddPolicy("allowed", policy);
                services.AddControllers(mvc => mvc.Filters.Add(
                    isNamed ? new AuthorizeFilter([new AuthorizeAttribute("allowed")]) : new AuthorizeFilter(policy)))
                    .AddApplicationPart(typeof(GuardedController).Assembly);
            });
    }
}

/// <summary>Follows a topic.</summary>
[ApiController]
public sealed class GuardedController : ControllerBase
{
    [HttpGet("/behind-filter")]
    public SseFollowResult Get() => SseResults.Follow("guarded");
}
