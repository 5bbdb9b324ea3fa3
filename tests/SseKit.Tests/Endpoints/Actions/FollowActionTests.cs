using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints.Actions;

/// <summary>Follows that MVC actions return under other return types.</summary>
public sealed class FollowActionTests : FollowTest
{
    [Theory]
    [InlineData("interface", false)]
    [InlineData("interface", true)]
    [InlineData("class", false)]
    [InlineData("class", true)]
    [InlineData("value", false)]
    [InlineData("value", true)]
    [InlineData("result", false)]
    [InlineData("result", true)]
    public async Task An_action_of_any_result_type_can_follow(string action, bool useSse)
    {
        await StartControllersAsync(useSse);

        StreamClient client = await StreamClient.OpenAsync(Client, "/follow-actions/" + action);
        await Publisher.PublishAsync("t", "hello");
        string[] events = await client.TakeAsync(1);
        await Publisher.PublishAsync("t", "again");
        StreamClient resumed = await StreamClient.OpenAsync(Client, "/follow-actions/" + action, client.LastEventId);

        Assert.Equal(["hello"], events);
        Assert.Equal(["again"], await resumed.TakeAsync(1));
    }

    [Fact]
    public async Task An_action_that_follows_can_refuse()
    {
        await StartControllersAsync(useSse: false);

        HttpResponseMessage response = await Client.GetAsync("/follow-actions/class?missing=true");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private Task StartControllersAsync(bool useSse) => StartFollowAppAsync(
        endpoints: app =>
        {
            if (useSse)
            {
                app.UseSse();
            }

            app.MapControllers();
        },
        services: builder =>
            builder.Services.AddControllers().AddApplicationPart(typeof(ResultController).Assembly));
}
