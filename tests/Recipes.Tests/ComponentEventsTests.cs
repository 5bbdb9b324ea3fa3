using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Recipes.Tests.Infrastructure;

namespace Recipes.Tests;

public sealed class ComponentEventsTests : RecipeTest
{
    [Fact]
    public async Task Component_arrives_as_one_event_with_its_lines()
    {
        KestrelApp app = await StartAsync(ComponentEvents.Recipe);
        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/rows");

        using HttpResponseMessage response = await app.CreateClient().PostAsJsonAsync("/rows", new { number = "7", place = "Oslo" });

        var row = await client.NextAsync();
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        Assert.Equal("row", row.EventType);
        Assert.Equal("<tr><td>7</td>\n    <td>Oslo</td></tr>", row.Data);
    }

    [Fact]
    public async Task Values_are_encoded_and_begin_no_event()
    {
        KestrelApp app = await StartAsync(ComponentEvents.Recipe);
        await using StreamClient client = await StreamClient.OpenAsync(app.CreateClient(), "/rows");

        await app.CreateClient().PostAsJsonAsync("/rows", new { number = "<script>", place = "a\n\nevent: forged\ndata: x" });

        var row = await client.NextAsync();
        Assert.Equal("row", row.EventType);
        Assert.Contains("&lt;script&gt;", row.Data, StringComparison.Ordinal);
        Assert.Contains("a&#xA;&#xA;event: forged&#xA;data: x", row.Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Component_that_throws_throws_to_its_caller()
    {
        KestrelApp app = await StartAsync(ComponentEvents.Recipe);
        ComponentHtml html = app.Services.GetRequiredService<ComponentHtml>();

        await Assert.ThrowsAsync<InvalidOperationException>(() => html.RenderAsync<FaultyComponent>([]));
    }

    [Fact]
    public async Task Services_of_a_component_live_as_long_as_its_rendering()
    {
        KestrelApp app = await StartAsync(
            ComponentEvents.Recipe, builder => builder.Services.AddScoped<Counter>().AddSingleton<Counters>());
        ComponentHtml html = app.Services.GetRequiredService<ComponentHtml>();

        await html.RenderAsync<CountingComponent>([]);
        await html.RenderAsync<CountingComponent>([]);

        Assert.Equal((2, 2), (app.Services.GetRequiredService<Counters>().Created, app.Services.GetRequiredService<Counters>().Disposed));
    }

    private sealed class Counters
    {
        public int Created { get; set; }

        public int Disposed { get; set; }
    }

    private sealed class Counter : IDisposable
    {
        private readonly Counters _counters;

        public Counter(Counters counters)
        {
            _counters = counters;
            counters.Created++;
        }

        public void Dispose() => _counters.Disposed++;
    }

    private sealed class CountingComponent : ComponentBase
    {
        [Inject]
        public required Counter Counter { get; set; }
    }

    private sealed class FaultyComponent : ComponentBase
    {
        protected override void OnInitialized() => throw new InvalidOperationException("The component has failed.");
    }
}
