using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.Extensions.DependencyInjection;
using SseKit.Tests.Following;
using SseKit.Tests.Infrastructure;

namespace SseKit.Tests.Endpoints.Actions;

/// <summary>Handlers of a Razor Page that stream, beside one that does not.</summary>
public sealed class PageTests : FollowTest
{
    [Theory]
    [InlineData("Follow", false)]
    [InlineData("Follow", true)]
    [InlineData("FollowLater", false)]
    [InlineData("FollowLater", true)]
    public async Task A_handler_can_follow(string handler, bool useSse)
    {
        await StartPagesAsync(useSse);

        StreamClient client = await StreamClient.OpenAsync(Client, "/Feed?handler=" + handler);
        await Publisher.PublishAsync("t", "hello");

        Assert.Equal(["hello"], await client.TakeAsync(1));
    }

    [Fact]
    public async Task A_handler_can_refuse_before_its_stream()
    {
        await StartPagesAsync();

        HttpResponseMessage response = await Client.GetAsync("/Feed?handler=FollowLater&missing=true");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_handler_that_takes_a_writer_names_the_way_out()
    {
        Exception? failure = null;
        await StartPagesAsync(before: app => app.Use(async (context, next) =>
        {
            failure = await Record.ExceptionAsync(() => next(context));
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }));

        await Client.GetAsync("/Feed?handler=Write");

        Assert.Contains("SseResults.Follow", Assert.IsType<InvalidOperationException>(failure).Message);
    }

    [Fact]
    public async Task Other_handlers_of_the_page_render_it()
    {
        await StartPagesAsync();

        Assert.Equal("The page.", await Client.GetStringAsync("/Feed"));
    }

    [Fact]
    public async Task A_resumable_page_follows_its_run()
    {
        await StartPagesAsync(map: pages => pages.WithSseReplay("run"));
        StreamClient first = await StreamClient.OpenAsync(Client, "/Feed?handler=Numbers");

        string[] all = await first.ReadToEndAsync();
        StreamClient resumed = await StreamClient.OpenAsync(Client, "/Feed?handler=Numbers");

        Assert.Equal(["1", "2"], all);
        Assert.Equal(["1", "2"], await resumed.ReadToEndAsync());
    }

    private Task StartPagesAsync(
        bool useSse = false, Action<WebApplication>? before = null, Action<PageActionEndpointConventionBuilder>? map = null) => StartFollowAppAsync(
        endpoints: app =>
        {
            before?.Invoke(app);
            if (useSse)
            {
                app.UseSse();
            }

            PageActionEndpointConventionBuilder pages = app.MapRazorPages();
            map?.Invoke(pages);
        },
        services: builder => builder.Services.AddRazorPages().ConfigureApplicationPartManager(
            parts => parts.ApplicationParts.Add(new CompiledRazorAssemblyPart(typeof(FeedPage).Assembly))));
}
