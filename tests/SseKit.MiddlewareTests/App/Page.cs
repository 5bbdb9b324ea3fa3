using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;

namespace SseKit.MiddlewareTests.App;

/// <summary>A page of the app that renders in two steps.</summary>
[Route("/page")]
[StreamRendering]
public sealed class Page : ComponentBase
{
    private string _text = "loading";

    [Inject]
    public required Script Script { get; set; }

    protected override async Task OnInitializedAsync()
    {
        await Task.Yield();
        _text = "loaded";
    }

    protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddMarkupContent(0, $"<p>{_text}</p>");
}
