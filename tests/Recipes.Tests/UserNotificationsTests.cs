using System.Net;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class UserNotificationsTests : RecipeTest
{
    private KestrelApp _app = null!;
    private HttpClient _http = null!;

    public override async Task InitializeAsync()
    {
        _app = await StartAsync(UserNotifications.Recipe);
        _http = _app.CreateClient();
    }

    [Fact]
    public async Task Notification_reaches_only_its_user()
    {
        await using StreamClient ada = await FollowAsync(await LogInAsync("ada"));
        string boris = await LogInAsync("boris");
        await using StreamClient other = await FollowAsync(boris);

        await NotifyAsync(boris, "ada", "for ada");
        await NotifyAsync(boris, "boris", "for boris");

        Assert.Contains("for ada", (await ada.NextAsync()).Data, StringComparison.Ordinal);
        Assert.Contains("for boris", (await other.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_that_was_cut_gets_what_it_missed()
    {
        string ada = await LogInAsync("ada");
        StreamClient first = await FollowAsync(ada);
        await first.DisposeAsync();
        await NotifyAsync(ada, "ada", "missed");

        await using StreamClient again = await FollowAsync(ada, first.LastEventId);

        Assert.Contains("missed", (await again.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logout_ends_all_streams_of_the_user_and_no_others()
    {
        string laptop = await LogInAsync("ada");
        string phone = await LogInAsync("ada");
        await using StreamClient onLaptop = await FollowAsync(laptop);
        await using StreamClient onPhone = await FollowAsync(phone);
        string boris = await LogInAsync("boris");
        await using StreamClient other = await FollowAsync(boris);

        using HttpResponseMessage logout = await _http.PostAsync("/logout", null, ("Cookie", laptop));

        Assert.Equal(HttpStatusCode.NoContent, logout.StatusCode);
        Assert.Contains("expires=Thu, 01 Jan 1970", logout.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);
        Assert.Empty(await onLaptop.ReadToEndAsync());
        Assert.Empty(await onPhone.ReadToEndAsync());
        await NotifyAsync(boris, "boris", "still here");
        Assert.Contains("still here", (await other.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_session_of_the_user_continues_after_the_logout()
    {
        string laptop = await LogInAsync("ada");
        string phone = await LogInAsync("ada");
        await using StreamClient onPhone = await FollowAsync(phone);
        (await _http.PostAsync("/logout", null, ("Cookie", laptop))).Dispose();
        await onPhone.ReadToEndAsync();
        await NotifyAsync(phone, "ada", "meanwhile");

        await using StreamClient again = await FollowAsync(phone, onPhone.LastEventId);

        Assert.Contains("meanwhile", (await again.NextAsync()).Data, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ada", "wrong")]
    [InlineData(null, null)]
    public async Task Client_without_a_login_gets_401(string? name, string? password)
    {
        string cookie = "";
        if (name is not null)
        {
            using HttpResponseMessage login = await _http.PostAsync("/login", new { name, password });
            Assert.Equal(HttpStatusCode.Unauthorized, login.StatusCode);
            Assert.False(login.Headers.TryGetValues("Set-Cookie", out _));
        }

        await using StreamClient client = await ConnectAsync(cookie);

        Assert.Equal(HttpStatusCode.Unauthorized, client.Status);
    }

    [Fact]
    public async Task Id_of_another_user_reports_a_gap_and_leaks_nothing()
    {
        string ada = await LogInAsync("ada");
        string boris = await LogInAsync("boris");
        await using StreamClient first = await FollowAsync(ada);
        await NotifyAsync(ada, "ada", "for ada");
        await first.NextAsync();

        await using StreamClient next = await FollowAsync(boris, first.LastEventId);
        await NotifyAsync(boris, "boris", "for boris");

        Assert.Equal("ssekit.gap", (await next.NextAsync()).EventType);
        Assert.Contains("for boris", (await next.NextAsync()).Data, StringComparison.Ordinal);
    }

    private async Task<string> LogInAsync(string name)
    {
        using HttpResponseMessage response = await _http.PostAsync("/login", new { name, password = "demo" });
        return response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    private async Task NotifyAsync(string cookie, string name, string text) =>
        (await _http.PostAsync($"/users/{name}/notifications", new { text }, ("Cookie", cookie))).EnsureSuccessStatusCode().Dispose();

    private async Task<StreamClient> FollowAsync(string cookie, string? lastEventId = null)
    {
        StreamClient client = await ConnectAsync(cookie, lastEventId);
        Assert.Equal("ssekit.open", (await client.NextAsync()).EventType);
        return client;
    }

    private Task<StreamClient> ConnectAsync(string cookie, string? lastEventId = null)
    {
        HttpClient http = _app.CreateClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Cookie", cookie);
        return StreamClient.ConnectAsync(http, "/notifications", lastEventId);
    }
}
